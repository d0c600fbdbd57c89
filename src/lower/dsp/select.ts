import {
  mapOf,
  type AddRequant,
  type LayerKind,
  type QuantAdd,
  type QuantLayer,
  type QuantModel,
  type QuantPool,
} from '../../ir/quant-model.ts';
import { kernelNamed, type LayerContext, type LayerKernel, type LoweredLayer } from '../layer-context.ts';
import { lowerAdd, lowerAddOfPairs } from '../ops/add.ts';
import { lowerPool } from '../ops/pool.ts';
import { dspConv } from './conv.ts';
import { dspDense } from './dense.ts';
import { dspDepthwise } from './depthwise.ts';

/** A layer on a kernel of the DSP extension. */
export type DspKernel = LayerKernel;

/** So many bytes of −128 still add up to 16 bits. */
const MAX_POOL_TAPS = 255;

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
      return withoutScratch('qmcu_add_single_s8_dsp', (context) => lowerAdd(layer, context));
    case 'tflite':
      return fitsDspAdd(layer.requant)
        ? withoutScratch('qmcu_add_s8_dsp', (context) => lowerAdd(layer, context))
        : null;
    case 'channels':
      return withoutScratch('qmcu_add_channels_s8_dsp', (context) => lowerAddOfPairs(layer, context));
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

function dspPool(model: QuantModel, layer: QuantPool): DspKernel | null {
  const { kernel } = layer.window;
  const isSupported =
    layer.reduce === 'average' &&
    kernel.h * kernel.w <= MAX_POOL_TAPS &&
    mapOf(model, layer.output).shape.c % 4 === 0;
  return isSupported ? withoutScratch('qmcu_avg_pool_s8_dsp', (context) => lowerPool(layer, context)) : null;
}

/** A kernel with the struct of the portable one. */
function withoutScratch(name: string, lower: (context: LayerContext) => LoweredLayer): DspKernel {
  return {
    function: name,
    scratchBytes: 0,
    isPortable: false,
    replacesInput: false,
    chunkPixels: Infinity,
    lower: (context) => ({ ...lower(context), kernel: kernelNamed(name) }),
  };
}
