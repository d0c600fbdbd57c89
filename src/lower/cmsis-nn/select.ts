import { elementCount, sameShape } from '../../ir/geometry.ts';
import { mapOf, type QuantDepthwise, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import type { LayerContext, LayerKernel, LoweredLayer } from '../layer-context.ts';
import {
  callAdd,
  callConv,
  callDense,
  callDepthwise,
  callPool,
  callSoftmax,
  NARROW,
  type Scratch,
} from './layers.ts';
import { callBinary, callConcat, callPad, callTranspose, stretchOf, transposedOrder } from './moves.ts';
import {
  averageScratch,
  convScratch,
  denseScratch,
  depthwiseScratch,
  narrowConvScratch,
  narrowDepthwiseScratch,
} from './scratch.ts';

/** What the library counts the bytes and repetitions of a copied stretch in. */
const MAX_COUNT = 2 ** 16 - 1;

/**
 * For each layer its call of CMSIS-NN; null where the library has none that computes the same: maps below 8 bits,
 * weights of other than 8 or 4 bits or with a zero point, groups, requantization of another rounding than TFLite's, kinds of layers that stay native.
 */
export function cmsisNnKernels(model: QuantModel, features: CpuFeatures): readonly (LayerKernel | null)[] {
  return model.layers.map((layer) => cmsisNnKernel(model, layer, features));
}

function cmsisNnKernel(model: QuantModel, layer: QuantLayer, features: CpuFeatures): LayerKernel | null {
  const isPlain = [...layer.inputs, layer.output].every((id) => {
    const { affine, encoding } = mapOf(model, id);
    return affine.bits === 8 && encoding === 'signed' && affine.zeroPoint.length === 1;
  });
  if (!isPlain) return null;
  if ('weights' in layer && layer.weights.zeroPoint !== 0) return null;
  if ('weights' in layer && layer.weights.bits !== 8 && layer.weights.bits !== NARROW) return null;
  if ('requant' in layer && layer.requant.rounding !== 'tflite') return null;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const output = mapOf(model, layer.output).shape;
  switch (layer.kind) {
    case 'conv': {
      if (layer.groups !== 1) return null;
      const scratchOf = layer.weights.bits === NARROW ? narrowConvScratch : convScratch;
      const bytes = scratchOf(features, layer.window, input, output);
      return call(bytes, (context, scratch) => callConv(layer, context, scratch));
    }
    case 'depthwise': {
      // With one input channel the library makes a convolution of it, or not, by the compiler it was built with.
      if (input.c === 1 && output.c > 1) return null;
      const isNarrow = layer.weights.bits === NARROW;
      if (isNarrow && !computesNarrowDepthwise(layer, input.c, features)) return null;
      const scratchOf = isNarrow ? narrowDepthwiseScratch : depthwiseScratch;
      const bytes = scratchOf(features, layer.window, layer.multiplier, input);
      return call(bytes, (context, scratch) => callDepthwise(layer, context, scratch));
    }
    case 'dense': {
      // The library has one multiplier for weights of 4 bits.
      const isNarrow = layer.weights.bits === NARROW;
      if (isNarrow && layer.requant.multiplier.length > 1) return null;
      const bytes = isNarrow ? 0 : denseScratch(features, output.c);
      return call(bytes, (context, scratch) => callDense(layer, context, scratch));
    }
    case 'add':
      return call(0, (context) => callAdd(layer, context));
    case 'pool': {
      const averages = layer.reduce === 'average';
      if (averages && layer.origin !== 0) return null;
      const bytes = averages ? averageScratch(features, input.c) : 0;
      return call(bytes, (context, scratch) => callPool(layer, context, scratch));
    }
    case 'softmax':
      return call(0, (context) => callSoftmax(layer, context));
    case 'binary': {
      const { arithmetic, constant, clamp } = layer;
      const shapes = layer.inputs.map((id) => mapOf(model, id).shape);
      if (constant !== null || !shapes.every((shape) => sameShape(shape, output))) return null;
      const isWhole = clamp.min <= -128 && clamp.max >= 127;
      const isExtremum = (arithmetic.fn === 'min' || arithmetic.fn === 'max') && isWhole;
      if (arithmetic.fn !== 'product' && !isExtremum) return null;
      return call(0, (context) => callBinary(layer, context));
    }
    case 'pad':
      if (layer.border.some((value) => value !== layer.border[0])) return null;
      return call(0, (context) => callPad(layer, context));
    case 'concat':
      if (layer.tables.some((table) => table !== null)) return null;
      if (stretchOf(layer, output) > MAX_COUNT) return null;
      if (elementCount(output) / stretchOf(layer, output) > MAX_COUNT) return null;
      return call(0, (context) => callConcat(layer, context));
    case 'rearrange':
      if (transposedOrder(layer, input) === null) return null;
      return call(0, (context) => callTranspose(layer, context));
    case 'mean':
    case 'reshape':
    case 'argmax':
    case 'lut':
    case 'reencode':
    case 'resize':
      return null;
  }
}

/**
 * Whether arm_depthwise_conv_wrapper_s4 computes a layer: its function for a multiplier of 1 without dilation makes other values
 * with vectors, and its function for the rest loses the half of the byte that it is in where padding is skipped, unless there is
 * an even number of channels.
 */
function computesNarrowDepthwise(
  { multiplier, window: { dilation } }: QuantDepthwise,
  channels: number,
  { mve }: CpuFeatures,
): boolean {
  const isPlain = multiplier === 1 && dilation.h === 1 && dilation.w === 1;
  return isPlain ? !mve : channels % 2 === 0;
}

function call(
  scratchBytes: number,
  lower: (context: LayerContext, scratch: Scratch) => LoweredLayer,
): LayerKernel {
  return {
    // No planner weighs these: they take the place of kernels that were planned.
    function: 'cmsis_nn',
    scratchBytes,
    isPortable: false,
    replacesInput: false,
    chunkPixels: Infinity,
    lower: (context, offset) => lower(context, { offset, bytes: scratchBytes }),
  };
}
