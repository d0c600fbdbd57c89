import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import type { LayerContext, LayerKernel, LoweredLayer } from '../layer-context.ts';
import {
  callAdd,
  callConv,
  callDense,
  callDepthwise,
  callPool,
  callSoftmax,
  type Scratch,
} from './layers.ts';
import { averageScratch, convScratch, denseScratch, depthwiseScratch } from './scratch.ts';

/**
 * For each layer its call of CMSIS-NN; null where the library has none that computes the same: maps or weights below 8 bits,
 * weights with a zero point, groups, requantization of another rounding than TFLite's, kinds of layers that stay native.
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
  if ('weights' in layer && (layer.weights.bits < 8 || layer.weights.zeroPoint !== 0)) return null;
  if ('requant' in layer && layer.requant.rounding !== 'tflite') return null;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const output = mapOf(model, layer.output).shape;
  switch (layer.kind) {
    case 'conv': {
      if (layer.groups !== 1) return null;
      const bytes = convScratch(features, layer.window, input, output);
      return call(bytes, (context, scratch) => callConv(layer, context, scratch));
    }
    case 'depthwise': {
      // With one input channel the library makes a convolution of it, or not, by the compiler it was built with.
      if (input.c === 1 && output.c > 1) return null;
      const bytes = depthwiseScratch(features, layer.window, layer.multiplier, input);
      return call(bytes, (context, scratch) => callDepthwise(layer, context, scratch));
    }
    case 'dense':
      return call(denseScratch(features, output.c), (context, scratch) => callDense(layer, context, scratch));
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
    case 'mean':
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'lut':
    case 'reencode':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return null;
  }
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
