import type { OperatorOptions } from './options.ts';

/** `TensorType` of the TFLite schema: the index is the code. */
export const TENSOR_TYPES = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
  'int2',
  'uint4',
  'float8_e4m3fn',
  'float8_e5m2',
] as const;

export type TensorType = (typeof TENSOR_TYPES)[number];

/** real = scale · (q − zeroPoint), along `axis` where there are several scales. */
export interface TfliteQuantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  readonly index: number;
  /** Place in the file: `tensors[5]`. */
  readonly path: string;
  readonly name: string;
  readonly shape: readonly number[];
  /** The shape with −1 for what is only known at run time; null where the file does not say. */
  readonly shapeSignature: readonly number[] | null;
  readonly type: TensorType;
  /** Constant data; null for a tensor that is computed. */
  readonly data: Uint8Array | null;
  readonly quantization: TfliteQuantization | null;
  readonly isSparse: boolean;
  /** The data is in another file. */
  readonly isExternal: boolean;
}

export interface TfliteOperator {
  readonly index: number;
  /** Place in the file: `operators[3] CONV_2D`. */
  readonly path: string;
  /** Name in the schema (`CONV_2D`), or `CUSTOM name`. */
  readonly op: string;
  /** Indices of tensors; −1 for an optional one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Null where the operator has none, or such as no supported operator needs. */
  readonly options: OperatorOptions | null;
}

/** The main subgraph of a TFLite file. */
export interface TfliteModel {
  readonly file: string;
  readonly fileBytes: number;
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A name up to the first `;`, behind which converters list what they fused. */
export function firstName(name: string): string {
  return name.split(';')[0] ?? '';
}

/** What a tensor is called in messages. */
export function labelOf(tensor: TfliteTensor): string {
  const label = firstName(tensor.name);
  return label === '' ? tensor.path : label;
}
