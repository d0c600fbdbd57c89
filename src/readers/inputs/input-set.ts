import { diagnostic, fail, type Diagnostic } from '../../diagnostics/diagnostic.ts';
import { elementCount, formatShape, type MapShape } from '../../ir/geometry.ts';
import type { RawType } from '../../ir/quant-model.ts';
import type { NpyArray, NpyData } from './npy.ts';

/** Inputs as the user has them, before any preprocessing. */
export interface InputSet {
  readonly count: number;
  readonly shape: MapShape;
  readonly type: RawType;
  /** Values of one input in the order rows, columns, channels; a view where the type allows. */
  readonly sample: (index: number) => Uint8Array | Int8Array | Float32Array;
}

/** Inputs of a network: a set for each of its ports, in their order, all of `count` inputs that belong together one by one. */
export interface PortInputs {
  readonly count: number;
  readonly sets: readonly InputSet[];
}

/** Fewer calibration inputs than this are warned of. */
export const ENOUGH_CALIBRATION_INPUTS = 64;

/** The warning about a small calibration set, or null. */
export function warnOfFewInputs(count: number, file: string): Diagnostic | null {
  if (count >= ENOUGH_CALIBRATION_INPUTS) return null;
  return diagnostic('QM308', { file }, { count, enough: ENOUGH_CALIBRATION_INPUTS });
}

/**
 * The inputs in an array whose first axis counts them and whose other axes are the model's input, axes of extent 1 apart
 * (a 96×96 grey image fits 96×96×1, and a vector of n values 1×1×n). An array that is one such input is a set of one.
 * Of a model file with the channels first (`isChannelsFirst`) it may have them first too. Fails with QM303, QM305 or QM311.
 */
export function inputsOfArray(
  array: NpyArray,
  expected: MapShape,
  file: string,
  isChannelsFirst = false,
): InputSet {
  const { h, w, c } = expected;
  const isSetOf = (extents: readonly number[]): boolean =>
    array.shape.length > 0 && withoutOnes(array.shape.slice(1)) === withoutOnes(extents);
  if (isChannelsFirst && (isSetOf([c, h, w]) || withoutOnes(array.shape) === withoutOnes([c, h, w]))) {
    const set = channelsLastArray(array, { h: c, w: h, c: w }, file);
    return { ...set, shape: expected, sample: (i) => channelsLast(set.sample(i), expected) };
  }
  return channelsLastArray(array, expected, file);
}

/** The values of a map whose channels come first, with the channels last. */
export function channelsLast<T extends Uint8Array | Int8Array | Float32Array>(
  values: T,
  { h, w, c }: MapShape,
): T {
  const turned = values.slice() as T;
  for (let pixel = 0; pixel < h * w; pixel++) {
    for (let channel = 0; channel < c; channel++) {
      turned[pixel * c + channel] = values[channel * h * w + pixel]!;
    }
  }
  return turned;
}

function channelsLastArray(array: NpyArray, expected: MapShape, file: string): InputSet {
  const { shape, data } = array;
  const wanted = withoutOnes([expected.h, expected.w, expected.c]);
  const isSet = shape.length > 0 && withoutOnes(shape.slice(1)) === wanted;
  if (!isSet && withoutOnes(shape) !== wanted) {
    const found = `${shape.join('x')} (the first axis counts the inputs)`;
    fail('QM303', { file }, { found, expected: formatShape(expected) });
  }
  const count = isSet ? shape[0]! : 1;
  if (count === 0) fail('QM305', { file });
  const length = elementCount(expected);
  if (data instanceof Uint8Array && array.dtype !== 'b1') {
    return {
      count,
      shape: expected,
      type: 'uint8',
      sample: (i) => data.subarray(i * length, (i + 1) * length),
    };
  }
  if (data instanceof Int8Array) {
    return {
      count,
      shape: expected,
      type: 'int8',
      sample: (i) => data.subarray(i * length, (i + 1) * length),
    };
  }
  const values = toFloat32(data);
  checkFinite(values, length, file);
  return {
    count,
    shape: expected,
    type: 'float',
    sample: (i) => values.subarray(i * length, (i + 1) * length),
  };
}

/** Fails with QM311 at the first value that is not finite. */
export function checkFinite(values: Float32Array, valuesPerInput: number, file: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) fail('QM311', { file }, { index: Math.floor(at / valuesPerInput) });
}

function toFloat32(data: NpyData): Float32Array {
  if (data instanceof Float32Array) return data;
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float32Array.from(data, Number)
    : Float32Array.from(data);
}

function withoutOnes(shape: readonly number[]): string {
  return shape.filter((extent) => extent !== 1).join('x');
}
