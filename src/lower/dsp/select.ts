import {
  mapOf,
  type AddRequant,
  type LayerKind,
  type QuantAdd,
  type QuantLayer,
  type QuantMean,
  type QuantModel,
  type QuantPool,
} from '../../ir/quant-model.ts';
import {
  kernelNamed,
  likePortable,
  type LayerContext,
  type LayerKernel,
  type LoweredLayer,
} from '../layer-context.ts';
import { lowerAdd, lowerAddOfPairs } from '../ops/add.ts';
import { lowerMean } from '../ops/mean.ts';
import { lowerPool } from '../ops/pool.ts';
import { dspConv } from './conv.ts';
import { dspDense } from './dense.ts';
import { dspDepthwise } from './depthwise.ts';

/** A layer on a kernel of the DSP extension. */
export type DspKernel = LayerKernel;

/** Kinds of layers whose weights may have fewer than 8 bits. */
export const DSP_NARROW_WEIGHTS: readonly LayerKind[] = ['conv'];

/**
 * For each layer its kernel on a processor with the DSP extension; null where the portable one serves. `budgetBytes` is what
 * each may take for scratch if it can do with that.
 */
export function dspKernels(model: QuantModel, budgetBytes: readonly number[]): readonly (DspKernel | null)[] {
  return model.layers.map((layer, id) => dspKernel(model, layer, budgetBytes[id]!));
}

function dspKernel(model: QuantModel, layer: QuantLayer, budgetBytes: number): DspKernel | null {
  if ([...layer.inputs, layer.output].some((map) => mapOf(model, map).affine.bits !== 8)) return null;
  if ('weights' in layer && layer.weights.bits < 8 && !DSP_NARROW_WEIGHTS.includes(layer.kind)) return null;
  switch (layer.kind) {
    case 'conv':
      return dspConv(model, layer, budgetBytes);
    case 'depthwise':
      return dspDepthwise(model, layer, budgetBytes);
    case 'dense':
      return dspDense(model, layer);
    case 'add':
      return dspAdd(layer);
    case 'pool':
      return dspPool(model, layer);
    case 'mean':
      return dspMean(layer);
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'lut':
    case 'reencode':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return null;
  }
}

function dspAdd(layer: QuantAdd): DspKernel | null {
  switch (layer.requant.rounding) {
    case 'single':
      return likePortable(kernelNamed('qmcu_add_single_s8_dsp'), (context) => lowerAdd(layer, context));
    case 'tflite':
      return fitsDspAdd(layer.requant)
        ? likePortable(kernelNamed('qmcu_add_s8_dsp'), (context) => lowerAdd(layer, context))
        : null;
    case 'channels':
      return likePortable(kernelNamed('qmcu_add_channels_s8_dsp'), (context) =>
        lowerAddOfPairs(layer, context),
      );
  }
}

/** What qmcu_add_s8_dsp.h asks of the shifts. */
function fitsDspAdd(requant: Extract<AddRequant, { readonly rounding: 'tflite' }>): boolean {
  const { leftShift, inputMultiplier, inputShift, outputShift } = requant;
  const halves = (input: number): boolean => inputShift[input] === 0 && inputMultiplier[input] === 2 ** 30;
  return (
    leftShift <= 20 &&
    inputShift.every((shift, input) => shift <= -1 || halves(input)) &&
    outputShift <= -1 &&
    outputShift >= -22
  );
}

/** What adds up the channels of pixels. */
const PIXEL_SUMS = ['qmcu_pixel_sums_dsp.c', 'qmcu_pixel_sums_s8.c'];

/** Channels in a word, of which the kernel of maxima takes one at least. */
const WORD_CHANNELS = 4;

function dspPool(model: QuantModel, layer: QuantPool): DspKernel | null {
  const lower = (context: LayerContext): LoweredLayer => lowerPool(layer, context);
  if (layer.reduce === 'average') {
    return likePortable(kernelNamed('qmcu_avg_pool_s8_dsp', 'qmcu_avg_pool.c', ...PIXEL_SUMS), lower);
  }
  return mapOf(model, layer.output).shape.c >= WORD_CHANNELS
    ? likePortable(kernelNamed('qmcu_max_pool_s8_dsp'), lower)
    : null;
}

function dspMean(layer: QuantMean): DspKernel {
  return likePortable(kernelNamed('qmcu_mean_s8_dsp', 'qmcu_mean.c', ...PIXEL_SUMS), (context) =>
    lowerMean(layer, context),
  );
}
