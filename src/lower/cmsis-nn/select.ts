import { elementCount, sameShape } from '../../ir/geometry.ts';
import { foldedRows } from '../../ir/layer-rows.ts';
import { mapOf, type QuantDepthwise, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import { BUFFER_ALIGNMENT_BYTES } from '../../memory/buffers.ts';
import { alignUp, sum } from '../../util/math.ts';
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
import { isWhole, partsOf, type LayerSteps, type Part } from './parts.ts';
import { callBinary, callConcat, callPad, callTranspose, stretchOf, transposedOrder } from './moves.ts';
import {
  averageScratch,
  convScratch,
  denseScratch,
  depthwiseScratch,
  narrowConvScratch,
  narrowDepthwiseScratch,
  takesOneRow,
} from './scratch.ts';

/** What the library counts the bytes and repetitions of a copied stretch in. */
const MAX_COUNT = 2 ** 16 - 1;

/** A layer's calls of CMSIS-NN, and what they take beyond what its functions do. */
export interface CmsisNnKernel extends LayerKernel {
  readonly calls: number;
  /** Bytes that are copied ahead of the calls and behind them. */
  readonly copiedBytes: number;
}

/**
 * For each layer its calls of CMSIS-NN in a schedule, on `maxRows` rows of the output at most; null where the library
 * computes something else, or nothing: maps below 8 bits, weights of other than 8 or 4 bits or with a zero point, groups,
 * requantization of another rounding than TFLite's, kinds of layers that stay native, and where a layer is computed in parts those that
 * only copy.
 */
export function cmsisNnKernels(
  model: QuantModel,
  features: CpuFeatures,
  steps: readonly LayerSteps[],
  maxRows: number,
): readonly (CmsisNnKernel | null)[] {
  return model.layers.map((layer, id) => cmsisNnKernel(model, layer, features, steps[id]!, maxRows));
}

function cmsisNnKernel(
  model: QuantModel,
  layer: QuantLayer,
  features: CpuFeatures,
  steps: LayerSteps,
  maxRows: number,
): CmsisNnKernel | null {
  const isPlain = [...layer.inputs, layer.output].every((id) => {
    const { affine, encoding } = mapOf(model, id);
    return affine.bits === 8 && encoding === 'signed' && affine.zeroPoint.length === 1;
  });
  if (!isPlain || steps.steps.length === 0) return null;
  if ('weights' in layer && layer.weights.zeroPoint !== 0) return null;
  if ('weights' in layer && layer.weights.bits !== 8 && layer.weights.bits !== NARROW) return null;
  if ('weights' in layer && layer.weights.raise > 0) return null;
  if ('requant' in layer && layer.requant.rounding !== 'tflite') return null;
  const isNarrow = 'weights' in layer && layer.weights.bits === NARROW;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const output = mapOf(model, layer.output).shape;
  switch (layer.kind) {
    case 'conv': {
      if (layer.groups !== 1) return null;
      const scratchOf = isNarrow ? narrowConvScratch : convScratch;
      return callInParts(
        partsOf(model, layer, steps, maxRows),
        maxRows,
        (part) =>
          takesOneRow(features, part.window, part.input, part.output, isNarrow)
            ? scratchOf(features, part.window, part.input, part.output)
            : null,
        (context, scratch) => callConv(layer, context, scratch),
      );
    }
    case 'depthwise': {
      // With one input channel the library makes a convolution of it, or not, by the compiler it was built with.
      if (input.c === 1 && output.c > 1) return null;
      if (isNarrow && !computesNarrowDepthwise(layer, input.c, features)) return null;
      const scratchOf = isNarrow ? narrowDepthwiseScratch : depthwiseScratch;
      return callInParts(
        partsOf(model, layer, steps, maxRows),
        maxRows,
        (part) => scratchOf(features, part.window, layer.multiplier, input),
        (context, scratch) => callDepthwise(layer, context, scratch),
      );
    }
    case 'pool': {
      const averages = layer.reduce === 'average';
      if (averages && layer.origin !== 0) return null;
      // The library sums up no rows from one call to the next.
      if (foldedRows(model, layer) !== null && steps.steps.length > 1) return null;
      const bytes = averages ? averageScratch(features, input.c) : 0;
      return callInParts(
        partsOf(model, layer, steps, maxRows),
        maxRows,
        () => bytes,
        (context, scratch) => callPool(layer, context, scratch),
      );
    }
    case 'add':
      return callAtOnce(steps, 0, (context) => callAdd(layer, context));
    case 'softmax':
      return callAtOnce(steps, 0, (context) => callSoftmax(layer, context));
    case 'binary': {
      const { arithmetic, constant, clamp } = layer;
      const shapes = layer.inputs.map((id) => mapOf(model, id).shape);
      if (constant !== null || !shapes.every((shape) => sameShape(shape, output))) return null;
      const isUnlimited = clamp.min <= -128 && clamp.max >= 127;
      const isExtremum = (arithmetic.fn === 'min' || arithmetic.fn === 'max') && isUnlimited;
      if (arithmetic.fn !== 'product' && !isExtremum) return null;
      return callAtOnce(steps, 0, (context) => callBinary(layer, context));
    }
    case 'dense': {
      // The library has one multiplier for weights of 4 bits.
      if (isNarrow && layer.requant.multiplier.length > 1) return null;
      if (!isWhole(model, layer, steps)) return null;
      const bytes = isNarrow ? 0 : denseScratch(features, output.c);
      return callAtOnce(steps, bytes, (context, scratch) => callDense(layer, context, scratch));
    }
    case 'pad':
      if (layer.border.some((value) => value !== layer.border[0])) return null;
      if (!isWhole(model, layer, steps)) return null;
      return callAtOnce(steps, 0, (context) => callPad(layer, context));
    case 'concat':
      if (layer.tables.some((table) => table !== null)) return null;
      if (stretchOf(layer, output) > MAX_COUNT) return null;
      if (elementCount(output) / stretchOf(layer, output) > MAX_COUNT) return null;
      if (!isWhole(model, layer, steps)) return null;
      return callAtOnce(steps, 0, (context) => callConcat(layer, context));
    case 'rearrange':
      if (transposedOrder(layer, input) === null || !isWhole(model, layer, steps)) return null;
      return callAtOnce(steps, 0, (context) => callTranspose(layer, context));
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

type Lower = (context: LayerContext, scratch: Scratch) => LoweredLayer;

/** A kernel that computes its rectangle in one call, or in calls for its rows. */
function callAtOnce({ steps }: LayerSteps, bytes: number, lower: Lower): CmsisNnKernel {
  return {
    ...UNPLANNED,
    scratchBytes: bytes,
    calls: steps.length,
    copiedBytes: 0,
    lower: (context, offset) =>
      lower(context, { offset, leastBytes: bytes, bytes, rows: 0, inputStage: 0, outputStage: 0 }),
  };
}

/**
 * A kernel that computes its rectangle part by part, null where the library computes any of the parts otherwise: `scratchOf` says so,
 * or how many bytes it asks for.
 */
function callInParts(
  parts: readonly Part[] | null,
  maxRows: number,
  scratchOf: (part: Part) => number | null,
  lower: Lower,
): CmsisNnKernel | null {
  if (parts === null) return null;
  const asked = parts.map(scratchOf);
  if (!asked.every((bytes) => bytes !== null)) return null;
  const [leastBytes, bytes] = [Math.min(...asked), Math.max(...asked)];
  const most = (bytesOf: (part: Part) => number): number => Math.max(...parts.map(bytesOf));
  const [inputBytes, outputBytes] = [most((part) => part.inputBytes), most((part) => part.outputBytes)];
  const inputStage = alignUp(bytes, BUFFER_ALIGNMENT_BYTES);
  const outputStage = alignUp(inputStage + inputBytes, BUFFER_ALIGNMENT_BYTES);
  const rows = Math.min(
    maxRows,
    most(({ output }) => output.h),
  );
  return {
    ...UNPLANNED,
    scratchBytes:
      outputBytes > 0 ? outputStage + outputBytes : inputBytes > 0 ? inputStage + inputBytes : bytes,
    calls: parts.length,
    copiedBytes: sum(parts.map((part) => part.inputBytes + part.outputBytes)),
    lower: (context, offset) =>
      lower(context, {
        offset,
        leastBytes,
        bytes,
        rows,
        inputStage: inputBytes === 0 ? 0 : offset + inputStage,
        outputStage: outputBytes === 0 ? 0 : offset + outputStage,
      }),
  };
}

/** No planner weighs these kernels: they take the place of kernels that were planned. */
const UNPLANNED = {
  function: 'cmsis_nn',
  isPortable: false,
  replacesInput: false,
  chunkPixels: Infinity,
} as const;
