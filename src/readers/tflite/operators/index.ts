import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';
import { convertDequantize, convertQuantize, convertTranspose } from './boundary.ts';
import { convertConv, convertDense, convertDepthwise } from './layers.ts';
import {
  convertAdd,
  convertConcat,
  convertLeakyRelu,
  convertPad,
  convertPointwise,
  convertPool,
  convertReshape,
  convertSoftmax,
} from './maps.ts';
import { convertMean } from './mean.ts';
import { foldPack, foldShape, foldStridedSlice } from './shape-arithmetic.ts';

/** Turns one operator into what it is in the graph: a node, several, or none. */
export type Converter = (conversion: Conversion, operator: TfliteOperator) => void;

/** Every operator of TFLite that can be converted, by its name in the schema. */
export const CONVERTERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ['ADD', convertAdd],
  ['AVERAGE_POOL_2D', convertPool('average')],
  ['CONCATENATION', convertConcat],
  ['CONV_2D', convertConv],
  ['DEPTHWISE_CONV_2D', convertDepthwise],
  ['DEQUANTIZE', convertDequantize],
  ['ELU', convertPointwise({ name: 'elu' })],
  ['EXPAND_DIMS', convertReshape],
  ['FULLY_CONNECTED', convertDense],
  ['HARD_SWISH', convertPointwise({ name: 'hard-swish' })],
  ['LEAKY_RELU', convertLeakyRelu],
  ['LOGISTIC', convertPointwise({ name: 'sigmoid' })],
  ['MAX_POOL_2D', convertPool('max')],
  ['MEAN', convertMean],
  ['PACK', foldPack],
  ['PAD', convertPad],
  ['PADV2', convertPad],
  ['QUANTIZE', convertQuantize],
  ['RELU', convertPointwise({ name: 'relu' })],
  ['RELU6', convertPointwise({ name: 'relu6' })],
  ['RESHAPE', convertReshape],
  ['SHAPE', foldShape],
  ['SOFTMAX', convertSoftmax],
  ['SQUEEZE', convertReshape],
  ['STRIDED_SLICE', foldStridedSlice],
  ['TANH', convertPointwise({ name: 'tanh' })],
  ['TRANSPOSE', convertTranspose],
]);
