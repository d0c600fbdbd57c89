import type { MapValue } from '../../build/graph-builder.ts';
import type { LayerCall } from '../layer-call.ts';
import {
  convertActivation,
  convertElu,
  convertLeakyRelu,
  convertPrelu,
  convertRelu,
  convertSoftmax,
} from './activation.ts';
import { convertConv, convertDense, convertDepthwise, convertSeparable } from './convolution.ts';
import { convertBatchNorm, convertNormalization, convertRescaling } from './normalization.ts';
import { convertGlobalPool, convertPool } from './pooling.ts';
import {
  convertAdd,
  convertConcat,
  convertFlatten,
  convertPad1d,
  convertPad2d,
  convertReshape,
} from './shape.ts';

/** Turns a layer that was applied to maps into the map that it makes. */
export type LayerConverter = (call: LayerCall) => MapValue;

/** Layers that only act in training. */
const identity: LayerConverter = (call) => call.input;

/** Every layer of Keras that can be converted, by its class. */
export const LAYERS: ReadonlyMap<string, LayerConverter> = new Map<string, LayerConverter>([
  ['Activation', convertActivation],
  ['ActivityRegularization', identity],
  ['Add', convertAdd],
  ['AlphaDropout', identity],
  ['AveragePooling1D', convertPool('average', 1)],
  ['AveragePooling2D', convertPool('average', 2)],
  ['BatchNormalization', convertBatchNorm],
  ['Concatenate', convertConcat],
  ['Conv1D', convertConv(1)],
  ['Conv2D', convertConv(2)],
  ['Dense', convertDense],
  ['DepthwiseConv1D', convertDepthwise(1)],
  ['DepthwiseConv2D', convertDepthwise(2)],
  ['Dropout', identity],
  ['ELU', convertElu],
  ['Flatten', convertFlatten],
  ['GaussianDropout', identity],
  ['GaussianNoise', identity],
  ['GlobalAveragePooling1D', convertGlobalPool('average', 1)],
  ['GlobalAveragePooling2D', convertGlobalPool('average', 2)],
  ['GlobalMaxPooling1D', convertGlobalPool('max', 1)],
  ['GlobalMaxPooling2D', convertGlobalPool('max', 2)],
  ['LeakyReLU', convertLeakyRelu],
  ['MaxPooling1D', convertPool('max', 1)],
  ['MaxPooling2D', convertPool('max', 2)],
  ['Normalization', convertNormalization],
  ['PReLU', convertPrelu],
  ['RandomBrightness', identity],
  ['RandomContrast', identity],
  ['RandomFlip', identity],
  ['RandomRotation', identity],
  ['RandomTranslation', identity],
  ['RandomZoom', identity],
  ['ReLU', convertRelu],
  ['Rescaling', convertRescaling],
  ['Reshape', convertReshape],
  ['SeparableConv1D', convertSeparable(1)],
  ['SeparableConv2D', convertSeparable(2)],
  ['Softmax', convertSoftmax],
  ['SpatialDropout1D', identity],
  ['SpatialDropout2D', identity],
  ['ZeroPadding1D', convertPad1d],
  ['ZeroPadding2D', convertPad2d],
]);
