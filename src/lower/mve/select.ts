import {
  mapOf,
  type LayerKind,
  type QuantAdd,
  type QuantDense,
  type QuantLayer,
  type QuantModel,
  type QuantPool,
} from '../../ir/quant-model.ts';
import { kernelNamed, likePortable, type LayerKernel } from '../layer-context.ts';
import { lowerAdd } from '../ops/add.ts';
import { lowerDense } from '../ops/dense.ts';
import { lowerMean } from '../ops/mean.ts';
import { lowerPool } from '../ops/pool.ts';
import { lowerReencode } from '../ops/values.ts';
import { mveConv } from './conv.ts';
import { mveDepthwise3x3 } from './depthwise-3x3.ts';
import { mveDepthwise } from './depthwise.ts';

/** Kinds of layers whose weights may have fewer than 8 bits. */
export const MVE_NARROW_WEIGHTS: readonly LayerKind[] = ['conv'];

/**
 * For each layer its kernel on a processor with the vector extension of Armv8.1-M; null where another serves. `budgetBytes`
 * is what each may take for scratch if it can do with that.
 */
export function mveKernels(
  model: QuantModel,
  budgetBytes: readonly number[],
): readonly (LayerKernel | null)[] {
  return model.layers.map((layer, id) => mveKernel(model, layer, budgetBytes[id]!));
}

function mveKernel(model: QuantModel, layer: QuantLayer, budgetBytes: number): LayerKernel | null {
  if ([...layer.inputs, layer.output].some((map) => mapOf(model, map).affine.bits !== 8)) return null;
  if ('weights' in layer && layer.weights.bits < 8 && !MVE_NARROW_WEIGHTS.includes(layer.kind)) return null;
  switch (layer.kind) {
    case 'conv':
      return mveConv(model, layer, budgetBytes);
    case 'depthwise':
      return mveDepthwise3x3(model, layer, budgetBytes) ?? mveDepthwise(model, layer, budgetBytes);
    case 'dense':
      return mveDense(model, layer);
    case 'add':
      return mveAdd(layer);
    case 'pool':
      return mvePool(layer);
    case 'mean':
      return likePortable(kernelNamed('qmcu_mean_s8_mve', 'qmcu_mean.c', PIXEL_SUMS), (context) =>
        lowerMean(layer, context),
      );
    case 'reencode':
      return likePortable(kernelNamed('qmcu_reencode_mve'), (context) => lowerReencode(layer, context));
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'lut':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return null;
  }
}

/** What adds up the channels of pixels. */
const PIXEL_SUMS = 'qmcu_pixel_sums_mve.c';

/** Output channels of a dense layer that are computed at once. */
const DENSE_BLOCK = 4;

function mveDense(model: QuantModel, layer: QuantDense): LayerKernel | null {
  return mapOf(model, layer.output).shape.c >= DENSE_BLOCK
    ? likePortable(kernelNamed('qmcu_dense_s8_mve'), (context) => lowerDense(layer, context))
    : null;
}

function mveAdd(layer: QuantAdd): LayerKernel | null {
  const { requant } = layer;
  switch (requant.rounding) {
    case 'single':
      return likePortable(kernelNamed('qmcu_add_single_s8_mve'), (context) => lowerAdd(layer, context));
    case 'tflite':
      return requant.inputShift.every((shift) => shift <= 0) && requant.outputShift <= -1
        ? likePortable(kernelNamed('qmcu_add_s8_mve'), (context) => lowerAdd(layer, context))
        : null;
    case 'channels':
      return likePortable(kernelNamed('qmcu_add_channels_s8_mve'), (context) => lowerAdd(layer, context));
  }
}

function mvePool(layer: QuantPool): LayerKernel {
  const kernel =
    layer.reduce === 'average'
      ? kernelNamed('qmcu_avg_pool_s8_mve', 'qmcu_avg_pool.c', PIXEL_SUMS)
      : kernelNamed('qmcu_max_pool_s8_mve');
  return likePortable(kernel, (context) => lowerPool(layer, context));
}
