import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';
import { convertDequantize, convertQuantize, convertTranspose } from './boundary.ts';
import { convertBinary, convertDivide } from './binary.ts';
import { convertConv, convertDense, convertDepthwise } from './layers.ts';
import {
  convertConcat,
  convertGelu,
  convertLeakyRelu,
  convertLogSoftmax,
  convertPad,
  convertPointwise,
  convertPool,
  convertReshape,
  convertSoftmax,
} from './maps.ts';
import { convertBatchToSpace, convertSpaceToBatch } from './batches.ts';
import { convertArgmax, convertCast } from './indices.ts';
import { convertReduction } from './mean.ts';
import { convertL2Normalization, convertSquaredDifference } from './sums.ts';
import { convertTransposeConv } from './transposed.ts';
import {
  convertBlocks,
  convertGather,
  convertMirrorPad,
  convertResizeBilinear,
  convertResizeNearest,
  convertSlice,
  convertSplit,
  convertStridedSlice,
} from './places.ts';
import { convertFloorArithmetic, foldPack, foldShape } from './shape-arithmetic.ts';

/** Turns one operator into what it is in the graph: a node, several, or none. */
export type Converter = (conversion: Conversion, operator: TfliteOperator) => void;

/** Every operator of TFLite that can be converted, by its name in the schema. */
export const CONVERTERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ['ABS', convertPointwise({ name: 'abs' })],
  ['ADD', convertBinary('add')],
  ['ARG_MAX', convertArgmax('max')],
  ['ARG_MIN', convertArgmax('min')],
  ['AVERAGE_POOL_2D', convertPool('average')],
  ['BATCH_TO_SPACE_ND', convertBatchToSpace],
  ['CAST', convertCast],
  ['CONCATENATION', convertConcat],
  ['CONV_2D', convertConv],
  ['DEPTH_TO_SPACE', convertBlocks('space')],
  ['DEPTHWISE_CONV_2D', convertDepthwise],
  ['DEQUANTIZE', convertDequantize],
  ['DIV', convertDivide],
  ['ELU', convertPointwise({ name: 'elu' })],
  ['EXP', convertPointwise({ name: 'exp' })],
  ['EXPAND_DIMS', convertReshape],
  ['FLOOR_DIV', convertFloorArithmetic],
  ['FLOOR_MOD', convertFloorArithmetic],
  ['FULLY_CONNECTED', convertDense],
  ['GATHER', convertGather],
  ['GELU', convertGelu],
  ['HARD_SWISH', convertPointwise({ name: 'hard-swish' })],
  ['L2_NORMALIZATION', convertL2Normalization],
  ['LEAKY_RELU', convertLeakyRelu],
  ['LOG', convertPointwise({ name: 'log' })],
  ['LOG_SOFTMAX', convertLogSoftmax],
  ['LOGISTIC', convertPointwise({ name: 'sigmoid' })],
  ['MAX_POOL_2D', convertPool('max')],
  ['MAXIMUM', convertBinary('max')],
  ['MEAN', convertReduction('mean')],
  ['MINIMUM', convertBinary('min')],
  ['MIRROR_PAD', convertMirrorPad],
  ['MUL', convertBinary('mul')],
  ['NEG', convertPointwise({ name: 'neg' })],
  ['PACK', foldPack],
  ['PAD', convertPad],
  ['PADV2', convertPad],
  ['PRELU', convertBinary('prelu')],
  ['QUANTIZE', convertQuantize],
  ['REDUCE_MAX', convertReduction('max')],
  ['REDUCE_MIN', convertReduction('min')],
  ['RELU', convertPointwise({ name: 'relu' })],
  ['RELU6', convertPointwise({ name: 'relu6' })],
  ['RESHAPE', convertReshape],
  ['RESIZE_BILINEAR', convertResizeBilinear],
  ['RESIZE_NEAREST_NEIGHBOR', convertResizeNearest],
  ['RSQRT', convertPointwise({ name: 'rsqrt' })],
  ['SHAPE', foldShape],
  ['SLICE', convertSlice],
  ['SOFTMAX', convertSoftmax],
  ['SPACE_TO_BATCH_ND', convertSpaceToBatch],
  ['SPACE_TO_DEPTH', convertBlocks('depth')],
  ['SPLIT', convertSplit({ axis: 0, value: 1, sizes: null })],
  ['SPLIT_V', convertSplit({ value: 0, sizes: 1, axis: 2 })],
  ['SQRT', convertPointwise({ name: 'sqrt' })],
  ['SQUARED_DIFFERENCE', convertSquaredDifference],
  ['SQUARE', convertPointwise({ name: 'square' })],
  ['SQUEEZE', convertReshape],
  ['STRIDED_SLICE', convertStridedSlice],
  ['SUM', convertReduction('sum')],
  ['SUB', convertBinary('sub')],
  ['TANH', convertPointwise({ name: 'tanh' })],
  ['TRANSPOSE', convertTranspose],
  ['TRANSPOSE_CONV', convertTransposeConv],
  ['UNPACK', convertSplit({ value: 0, axis: 'option', sizes: null })],
]);
