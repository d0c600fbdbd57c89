import type { Kernel } from '../../ir/program.ts';
import type { QuantConv, QuantModel } from '../../ir/quant-model.ts';
import { mapOf } from '../../ir/quant-model.ts';
import { field, placedMap, windowStruct } from '../fields.ts';
import { onlyInput } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField } from '../weighted-sum.ts';
import { fitDirectRequant } from './requant.ts';
import {
  planOnPairs,
  planTile,
  scratchField,
  tileKernel,
  tileStruct,
  type TilePlan,
  type TileShape,
} from './tile.ts';
import type { DspKernel } from './select.ts';

/** Pixels for which a tile's weights are prepared once: where they stay as they stand in flash, for two. */
function weightsPreparedFor({ expandedBlocks }: TilePlan, chunkPixels: number): number {
  if (expandedBlocks === 0) return 2;
  return expandedBlocks === 1 ? chunkPixels : Infinity;
}

/** A convolution in one group; 1×1 kernels without padding have a kernel of their own. */
export function dspConv(model: QuantModel, layer: QuantConv, budgetBytes: number): DspKernel | null {
  const { window } = layer;
  const { kernel, dilation, padding } = window;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const output = mapOf(model, layer.output).shape;
  const taps = kernel.h * kernel.w * input.c;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let k = 0; k < taps; k++) yield [channel * taps + k, k % input.c];
  }
  const { bits, zeroPoint } = layer.weights;
  const isSupported = layer.groups === 1 && (bits === 8 || zeroPoint === 0);
  const fitted = isSupported ? fitDirectRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const isPadded = Math.max(padding.top, padding.bottom, padding.left, padding.right) > 0;
  const isPointwise = kernel.h === 1 && kernel.w === 1 && !isPadded;
  const rowsAdjoin = dilation.w === 1;
  const shape: TileShape = {
    runs: rowsAdjoin ? kernel.h : kernel.h * kernel.w,
    runValues: rowsAdjoin ? kernel.w * input.c : input.c,
    channels: output.c,
    areWeightsReady: layer.weights.zeroPoint === 0 && layer.weights.bits === 8,
  };
  const copiesWindows = isPadded && rowsAdjoin && input.c % 4 !== 0;
  const windowBytes = copiesWindows ? 2 * taps : 0;
  const plan = planTile(shape, output.h * output.w, budgetBytes - windowBytes);

  const isOneToOne = isPointwise && window.stride.h === 1 && window.stride.w === 1;
  const offer = (kernel: Kernel, tile: TilePlan, chunkPixels: number): DspKernel => ({
    function: kernel.function,
    scratchBytes: tile.scratchBytes + windowBytes,
    isPortable: false,
    // It takes a chunk of pixels to scratch before it computes their outputs, which lie no further on than they did.
    replacesInput: isOneToOne && output.c <= input.c,
    chunkPixels: weightsPreparedFor(tile, chunkPixels),
    blockPixels: chunkPixels,
    lower: (context, scratchOffset) => ({
      kernel,
      fields: [
        field('input', placedMap(onlyInput(context).id)),
        field('output', placedMap(context.output.id)),
        field('window', windowStruct(window)),
        field('tile', tileStruct(fitted, context, shape, tile, weightsOf)),
        ...(isPointwise ? [] : [padPixelField(context, onlyInput(context), window)]),
        scratchField(scratchOffset),
      ],
      summary: `conv ${summarizeWindow(window)}`,
    }),
  });
  const onValues = offer(
    tileKernel(isPointwise ? 'qmcu_pointwise_s8_dsp' : 'qmcu_conv_s8_dsp'),
    plan,
    plan.chunkPixels,
  );
  if (!isOneToOne) return onValues;
  // Nothing is unpacked; rows of an odd number of pixels are not one run.
  const runPixels = output.w % 2 === 0 ? Infinity : output.w;
  const onPairs: DspKernel = {
    ...offer(tileKernel('qmcu_pointwise_pairs_s8_dsp'), planOnPairs(shape, runPixels, plan), runPixels),
    replacesInput: false,
    reads: 'pairs',
  };
  return { ...onValues, onPairs };
}
