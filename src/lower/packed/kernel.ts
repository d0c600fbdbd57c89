import type { QuantLayer, QuantModel } from '../../ir/quant-model.ts';
import type { LayerContext, LayerKernel, LoweredLayer } from '../layer-context.ts';
import { withPackedMaps } from './maps.ts';
import { hasPackedMaps, hasPackedWeights, planPackedScratch } from './scratch.ts';
import { withPackedWeights } from './weights.ts';

/** Whether a layer reads or writes maps, or has weights, of fewer than 8 bits. */
export function isPacked(model: QuantModel, layer: QuantLayer): boolean {
  return hasPackedMaps(model, layer) || hasPackedWeights(layer);
}

/** The 8-bit kernel of a layer, as `lower` gives it, between packed maps and with packed weights. */
export function packedKernel(
  model: QuantModel,
  layer: QuantLayer,
  lower: (layer: QuantLayer, context: LayerContext) => LoweredLayer,
): LayerKernel {
  const scratch = planPackedScratch(model, layer);
  return {
    scratchBytes: scratch.bytes,
    isPortable: true,
    lower: (context, scratchOffset) => {
      const bytes = lower(layer, context);
      const { weights } = scratch;
      const kernel =
        weights === null
          ? bytes
          : withPackedWeights(layer, bytes, context, {
              block: weights.block,
              scratchOffset: scratchOffset + weights.offsetBytes,
            });
      return hasPackedMaps(model, layer)
        ? withPackedMaps(layer, kernel, context, scratch, scratchOffset)
        : kernel;
    },
  };
}
