import type { MapValue } from '../build/graph-builder.ts';
import type { ElementType } from './node-def.ts';
import type { Batched } from './batched.ts';

/** Numbers known when the model is read. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What an output of a node turned into. */
export type Value =
  | { readonly kind: 'map'; readonly map: MapValue }
  | ConstantValue
  /** A map taken apart into batches, as a dilated convolution was once spelled. */
  | Batched
  /** A variable, read from the checkpoint when its value is wanted. */
  | { readonly kind: 'variable'; readonly name: string }
  /** Made by a node that could not be converted. */
  | { readonly kind: 'unknown' };

export const UNKNOWN: Value = { kind: 'unknown' };
