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
import {
  convertConv,
  convertDense,
  convertDepthwise,
  convertSeparable,
  convertTransposed,
} from './convolution.ts';
import { convertAverage, convertMerge } from './merge.ts';
import {
  convertBatchNorm,
  convertNormalization,
  convertRescaling,
  convertUnitNormalization,
} from './normalization.ts';
import { convertGlobalPool, convertPool } from './pooling.ts';
import {
  convertConcat,
  convertCropping,
  convertFlatten,
  convertPad1d,
  convertPad2d,
  convertPermute,
  convertReshape,
  convertResizing,
  convertUpsampling,
} from './shape.ts';

/** Turns a layer that was applied to maps into the map that it makes. */
export type LayerConverter = (call: LayerCall) => MapValue;

/** Layers that only act in training. */
const identity: LayerConverter = (call) => call.input;

/** Every layer of Keras that can be converted, by its class. */
export const LAYERS: ReadonlyMap<string, LayerConverter> = new Map<string, LayerConverter>([
  ['Activation', convertActivation],
  ['ActivityRegularization', identity],
  ['Add', convertMerge('add')],
  ['AlphaDropout', identity],
  ['Average', convertAverage],
  ['AveragePooling1D', convertPool('average', 1)],
  ['AveragePooling2D', convertPool('average', 2)],
  ['BatchNormalization', convertBatchNorm],
  ['Concatenate', convertConcat],
  ['Conv1D', convertConv(1)],
  ['Conv1DTranspose', convertTransposed(1)],
  ['Conv2D', convertConv(2)],
  ['Conv2DTranspose', convertTransposed(2)],
  ['Cropping1D', convertCropping(1)],
  ['Cropping2D', convertCropping(2)],
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
  ['Maximum', convertMerge('max')],
  ['MaxPooling1D', convertPool('max', 1)],
  ['MaxPooling2D', convertPool('max', 2)],
  ['Minimum', convertMerge('min')],
  ['Multiply', convertMerge('mul')],
  ['Normalization', convertNormalization],
  ['Permute', convertPermute],
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
  ['Resizing', convertResizing],
  ['SeparableConv1D', convertSeparable(1)],
  ['SeparableConv2D', convertSeparable(2)],
  ['Softmax', convertSoftmax],
  ['SpatialDropout1D', identity],
  ['SpatialDropout2D', identity],
  ['Subtract', convertMerge('sub')],
  ['UnitNormalization', convertUnitNormalization],
  ['UpSampling1D', convertUpsampling(1)],
  ['UpSampling2D', convertUpsampling(2)],
  ['ZeroPadding1D', convertPad1d],
  ['ZeroPadding2D', convertPad2d],
]);
