import { foldedRows } from '../../ir/layer-rows.ts';
import { type LayerKind, type QuantLayer, type QuantModel, type QuantWeights } from '../../ir/quant-model.ts';
import { ConstantPool } from '../constant-pool.ts';
import { layerContext, type LayerContext, type LayerKernel, type LoweredLayer } from '../layer-context.ts';
import { betweenLines, type PartExtent } from './between-lines.ts';
import { finishOf, limitsOf, valueByValue, withPackedMaps } from './maps.ts';
import { hasPackedMaps, hasPackedWeights, planPackedScratch, readsValueByValue } from './scratch.ts';
import { withPackedWeights } from './weights.ts';
import { widen, widenContext } from './widen.ts';

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
  const lowerAt = (context: LayerContext, scratchOffset: number): LoweredLayer => {
    const bytes = lower(layer, context);
    const { weights } = scratch;
    const kernel =
      weights === null
        ? bytes
        : withPackedWeights(layer, bytes, context, {
            block: weights.block,
            scratchOffset: scratchOffset + weights.offsetBytes,
          });
    if (!hasPackedMaps(model, layer)) return kernel;
    return readsValueByValue(layer)
      ? valueByValue(layer, kernel, context)
      : withPackedMaps(kernel, context, scratch, scratchOffset, finishOf(layer, context));
  };
  return {
    function: lowerAt(layerContext(model, layer, new ConstantPool()), 0).kernel.function,
    scratchBytes: scratch.bytes,
    isPortable: true,
    replacesInput: false,
    chunkPixels: Infinity,
    lower: lowerAt,
  };
}

/** The kernels that a processor has for maps of 8 bits. */
export interface KernelFamily {
  /** As dspKernels and mveKernels. */
  readonly list: (model: QuantModel, budgetBytes: readonly number[]) => readonly (LayerKernel | null)[];
  /** Kinds of layers whose weights may have fewer than 8 bits. */
  readonly narrowWeights: readonly LayerKind[];
}

/** Weights of fewer bits that kernels for 8 bits may find as bytes in flash. */
const MOST_BYTE_WEIGHTS = 4096;

/**
 * The kernel that a processor has for a layer of 8 bits, on one of fewer: between lines where maps are packed, its weights as
 * they are where the kernel takes that, and as bytes where these are few. Null where there is none. It leaves out the limits of
 * a packed output, which are cheap to keep to four values at a time.
 */
export function packedKernelOf(
  model: QuantModel,
  layer: QuantLayer,
  { list, narrowWeights }: KernelFamily,
  budgetBytes: number,
): LayerKernel | null {
  const keepsWeights = narrowWeights.includes(layer.kind);
  if (!isPacked(model, layer) || !mayHaveLines(model, layer)) return null;
  if (!keepsWeights && !mayHaveByteWeights(layer)) return null;
  const wide = widen(model, layer, keepsWeights);
  const lowerWide = (kernel: LayerKernel, context: LayerContext, scratchOffset: number): LoweredLayer =>
    kernel.lower(widenContext(context, wide), scratchOffset);
  if (!hasPackedMaps(model, layer)) {
    const kernel = list(wide, [budgetBytes])[0] ?? null;
    const widened = (own: LayerKernel): LayerKernel => ({
      ...own,
      lower: (context, offset) => lowerWide(own, context, offset),
      ...(own.onPairs && { onPairs: widened(own.onPairs) }),
    });
    return kernel && widened(kernel);
  }
  return betweenLines(model, layer, budgetBytes, (part, partBudgetBytes) => {
    const kernel = list(withOutput(wide, part), [partBudgetBytes])[0] ?? null;
    return (
      kernel && {
        scratchBytes: kernel.scratchBytes,
        isPortable: kernel.isPortable,
        function: kernel.function,
        blockPixels: kernel.blockPixels,
        lower: (context, scratchOffset) => lowerWide(kernel, context, scratchOffset),
        finish: (context) => {
          const isLimited = 'clamp' in layer && context.output.affine.bits < 8;
          return {
            ...finishOf(layer, context),
            ...(isLimited && { clamp: limitsOf(layer, context.output) }),
          };
        },
      }
    );
  });
}

/** Depthwise weights are few in every network. */
function mayHaveByteWeights(layer: QuantLayer): boolean {
  const isFew = (weights: QuantWeights): boolean =>
    weights.bits === 8 || weights.data.length <= MOST_BYTE_WEIGHTS;
  return !('weights' in layer) || layer.kind === 'depthwise' || isFew(layer.weights);
}

/** The model, its one layer's output no larger than a part. */
function withOutput(model: QuantModel, { rows: h, columns: w }: PartExtent): QuantModel {
  const { output } = model.layers[0]!;
  const maps = model.maps.map((map) =>
    map.id === output ? { ...map, shape: { h, w, c: map.shape.c } } : map,
  );
  return { ...model, maps };
}

/** Whether a kernel for 8 bits can be given the rows that it reads, and be asked for part of its output. */
function mayHaveLines(model: QuantModel, layer: QuantLayer): boolean {
  return foldedRows(model, layer) === null && layer.kind !== 'reshape' && layer.kind !== 'reencode';
}
