import { MAX_CHOICES } from '../ir/index-map.ts';

/** Why a layer is refused that more than one format spells, and what to do instead. */
export interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

/** The index of one of more values than a byte can tell apart. */
export function tooManyChoices(choices: number): Refusal {
  return {
    reason: `its result is the index of one of ${choices} values, of which a map holds ${MAX_CHOICES} at most`,
    hint: 'end the model before it and let the caller look for the largest (or smallest) output',
  };
}

/** A layer that reads what SpaceToBatchND has made, other than a window of a dilated convolution. */
export const SPREAD_INPUT: Refusal = {
  reason: 'its input is spread over the batch',
  hint: 'keep the batch as an axis of its own',
};

/** SpaceToBatchND and BatchToSpaceND that are no dilated convolution. */
export const OTHER_BATCHES: Refusal = {
  reason: 'it moves values into the batch otherwise than a dilated convolution does',
  hint: 'export the convolution with its dilation, or without one',
};

/** A transposed convolution of which a row or column has no input. */
export const SEES_PADDING_ONLY = 'part of its output sees padding only';

/** What tables of places are made for: the runtime counts rows, columns and channels in 16 bits. */
export const MAX_EXTENT = 2 ** 16 - 1;

/** A table of places of an axis beyond MAX_EXTENT. */
export function uncountable(extent: number): Refusal {
  return {
    reason: `it moves values along an axis of ${extent}`,
    hint: `no axis of such a map can have more than ${MAX_EXTENT} values`,
  };
}
