/** Element types of TensorFlow that a network without recurrence or text comes across, by their names in files. */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['DT_FLOAT', 'float32'],
  ['DT_DOUBLE', 'float64'],
  ['DT_INT32', 'int32'],
  ['DT_UINT8', 'uint8'],
  ['DT_INT16', 'int16'],
  ['DT_INT8', 'int8'],
  ['DT_STRING', 'string'],
  ['DT_INT64', 'int64'],
  ['DT_BOOL', 'bool'],
  ['DT_HALF', 'float16'],
  ['DT_RESOURCE', 'resource'],
]);

export type ElementType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'string'
  | 'resource'
  | 'other';

/** A constant of a file, decoded when it is needed. */
export interface StoredTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Its values as numbers. Stops with QM104 or QM211 where that is not possible. */
  readonly read: () => Float32Array;
  /** Its values as texts; none where it holds numbers. */
  readonly readTexts: () => readonly string[];
}

/** An attribute of a node (`AttrValue`). */
export type Attribute =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'type'; readonly value: ElementType }
  /** Extents, −1 for an open one; null for a shape of unknown rank. */
  | { readonly kind: 'shape'; readonly value: readonly number[] | null }
  | { readonly kind: 'tensor'; readonly value: StoredTensor }
  | { readonly kind: 'function'; readonly value: string }
  | { readonly kind: 'list'; readonly numbers: readonly number[]; readonly texts: readonly string[] };

/** A node of a TensorFlow graph. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1`, `^control`, or in a function `argument` and `node:output:1`. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A function of the graph's library. */
export interface FunctionDef {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly nodes: readonly NodeDef[];
  /** What it returns, output by output, as references within it. */
  readonly returns: readonly string[];
}

/** A graph and the functions that its nodes call. */
export interface GraphDef {
  readonly nodes: readonly NodeDef[];
  /** Null where the library has none of that name. */
  readonly functionNamed: (name: string) => FunctionDef | null;
}

/** An output of a node, as an input refers to it. */
export interface OutputRef {
  readonly node: string;
  readonly index: number;
}

/** The output that an input refers to; null for a control input, which carries nothing. */
export function parseRef(input: string): OutputRef | null {
  if (input.startsWith('^')) return null;
  const [node = '', ...rest] = input.split(':');
  const index = Number(rest.at(-1) ?? 0);
  return { node, index: Number.isSafeInteger(index) && index >= 0 ? index : 0 };
}
