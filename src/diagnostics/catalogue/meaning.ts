import type { CatalogueEntry } from './entry.ts';

/** QM2xx: a model that was read but that the compiler cannot take. */
export const meaning = {
  QM201: {
    severity: 'error',
    text: 'the operator {op} is not supported',
    hint: '{hint}',
  },
  QM202: {
    severity: 'error',
    text: '{op} is not supported in this form: {reason}',
    hint: '{hint}',
  },
  QM203: {
    severity: 'error',
    text: '"{tensor}" has a dynamic shape, {shape}: axis {axis} is not fixed',
    hint: 'say what it is, e.g. --input-shape 96x96x3 (or {tensor}=96x96x3 of several inputs), or export with fixed extents',
  },
  QM204: {
    severity: 'error',
    text: '"{tensor}" is of type {type}; feature maps are float32, int8 or uint8, or int16 with a scale',
    hint: 'export as float32, or quantize with int8 activations (tf.lite.OpsSet.TFLITE_BUILTINS_INT8)',
  },
  QM206: {
    severity: 'error',
    text: '"{tensor}" has the shape {shape}; {reason}',
    hint: 'maps are [1, height, width, channels], [1, rows, channels] or [1, channels]: export with batch size 1',
  },
  QM207: {
    severity: 'error',
    text: 'the quantization of "{tensor}" cannot be used: {reason}',
    hint: 'feature maps need one scale and zero point, weights one scale or one for each output channel; quantize the model again',
  },
  QM208: {
    severity: 'error',
    text: '{op} mixes float and integer values',
    hint: 'a network is float or quantized throughout; QUANTIZE may stand at its inputs only and DEQUANTIZE at its outputs only',
  },
  QM209: {
    severity: 'error',
    text: '"{tensor}" holds values that are not finite',
    hint: 'the training diverged or the export went wrong: check the weights',
  },
  QM210: {
    severity: 'error',
    text: 'the model has no {what}',
    hint: 'export a model with at least one input and one output that depends on it',
  },
  QM211: {
    severity: 'error',
    text: 'the constant "{tensor}" is of type {type}, which cannot be used here',
    hint: 'weights are float32, float16, int8 or uint8, biases float32 or int32, all stored densely',
  },
  QM212: {
    severity: 'error',
    text: '"{tensor}" has an extent of {extent}; the generated code counts rows, columns and channels up to {limit}',
    hint: 'give the network a smaller input, or split the map along its longest axis',
  },
  QM213: {
    severity: 'error',
    text: '--input-shape {given} does not fit "{tensor}", whose shape is {shape}',
    hint: 'give every axis but the batch, and leave those as they are that the file has fixed',
  },
  QM214: {
    severity: 'error',
    text: '--input-shape {given} is for no input of the model that it could change; its inputs are {names}',
    hint: 'name one of them (--input-shape NAME=96x96x3), or leave the option out: only open axes need it',
  },
  QM280: {
    severity: 'error',
    text: '{node} cannot be requantized: one step of its sums is too large beside one step of its output',
    hint: 'compile with --rounding tflite, which takes any ratio; if that fails too, the quantization in the file is broken',
  },
  QM281: {
    severity: 'error',
    text: '{op} cannot be taken as it is quantized: {reason}',
    hint: 'quantize the model again, e.g. with the current TFLiteConverter',
  },
  QM282: {
    severity: 'error',
    text: 'the sums of {node} can leave the range of 32-bit integers: channel {channel} reaches {bound}',
    hint: 'its weights or biases are out of proportion to their scale: quantize the model again, or check its training',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
