import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { depthwiseInTiles, depthwiseKernel, extentOf } from '../dsp/depthwise.ts';
import { field, placedMap, struct } from '../fields.ts';
import type { LayerKernel } from '../layer-context.ts';
import { finishFields, finishOf, limitsOf } from '../packed/maps.ts';
import { widen, widenContext } from '../packed/widen.ts';
import { summarizeWindow } from '../summary.ts';

const WIDTHS: readonly number[] = [4, 8];
/** Outputs of a tile that are packed together, a byte each. */
const LANES = 4;
const SOURCES = ['qmcu_depthwise_run_a4_dsp.c', 'qmcu_planes_a4_dsp.c'] as const;

/** A depthwise convolution that lays out a map of 4 bits, or packs one, as it goes; null where it cannot. */
export function narrowDepthwise(
  model: QuantModel,
  layer: QuantLayer,
  budgetBytes: number,
): LayerKernel | null {
  if (layer.kind !== 'depthwise') return null;
  const bits = [layer.inputs[0]!, layer.output].map((map) => mapOf(model, map).affine.bits);
  if (!bits.every((width) => WIDTHS.includes(width)) || !bits.includes(4)) return null;
  const wide = widen(model, layer);
  const wideLayer = wide.layers[0]!;
  if (wideLayer.kind !== 'depthwise') return null;
  const isPacked = bits[1] === 4;
  const found = depthwiseInTiles(wide, wideLayer, budgetBytes, isPacked ? LANES : 0);
  if (found === null) return null;
  const kernel = depthwiseKernel(extentOf(layer), 'a4', SOURCES);
  const blockBytes = isPacked ? LANES * found.chunkPixels : 0;
  return {
    function: kernel.function,
    scratchBytes: found.scratchBytes,
    isPortable: false,
    replacesInput: false,
    chunkPixels: found.chunkPixels,
    lower: (context, scratchOffset) => {
      const finish = { ...finishOf(layer, context), clamp: limitsOf(layer, context.output) };
      return {
        kernel,
        fields: [
          field('output', placedMap(context.output.id)),
          field('sums', struct(...found.fields(widenContext(context, wide), scratchOffset))),
          field('input_bits', bits[0]!),
          field('output_bits', bits[1]!),
          ...finishFields(finish, context),
          field('block', scratchOffset + found.scratchBytes - blockBytes),
        ],
        summary: `depthwise ${summarizeWindow(layer.window)}`,
      };
    },
  };
}
