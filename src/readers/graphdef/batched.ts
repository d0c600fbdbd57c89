import type { Extent, Padding } from '../../ir/geometry.ts';
import type { MapValue } from '../build/graph-builder.ts';

/** What SpaceToBatchND has spread over the batch: `map` with `padding`, every block.h-th row and block.w-th column together. */
export interface Batched {
  readonly kind: 'batched';
  readonly map: MapValue;
  readonly block: Extent;
  readonly padding: Padding;
  /** What is to be done to the map once it is known what BatchToSpaceND crops, in order. */
  readonly steps: readonly BatchedStep[];
}

/** A layer between the two, done to the whole map: a window is dilated by the block, and pads as given. */
export type BatchedStep = (map: MapValue, dilated: Dilated) => MapValue;

/** What a window takes from SpaceToBatchND and BatchToSpaceND around it. */
export interface Dilated {
  readonly dilation: Extent;
  readonly padding: Padding;
}
