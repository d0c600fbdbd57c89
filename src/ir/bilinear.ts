import { upTo } from './rearrangement.ts';

/** How the grid of a resized map lies over that of the original. */
export interface ResizeGrid {
  /** The corner pixels of both lie on one another. */
  readonly alignCorners: boolean;
  /** Pixels are squares, compared by their centres. */
  readonly halfPixelCenters: boolean;
}

/** Between which two rows (or columns) one of a resized map lies, and how far from the first, in 1/1024. */
export interface Interpolation {
  readonly lower: number;
  readonly upper: number;
  /** Below 0 or beyond 1024 at borders of a half-pixel grid, where both are the same row. */
  readonly fraction: number;
}

/** The unit of `fraction`. */
export const INTERPOLATION_ONE = 1024;

/** TFLite's ResizeBilinear for int8: the places of all rows (or columns) of the output, in fixed point with 10 bits. */
export function interpolationsAlong(input: number, output: number, grid: ResizeGrid): Interpolation[] {
  const isAligned = grid.alignCorners && output > 1;
  const [numerator, denominator] = isAligned ? [input - 1, output - 1] : [input, output];
  const scale = Math.floor((INTERPOLATION_ONE * numerator + Math.floor(denominator / 2)) / denominator);
  return upTo(output).map((index) => {
    const half = grid.halfPixelCenters ? Math.floor(scale / 2) - INTERPOLATION_ONE / 2 : 0;
    const place = index * scale + half;
    const lower = Math.min(Math.max(Math.trunc(place / INTERPOLATION_ONE), 0), input - 1);
    const upper = Math.min(Math.trunc((place + INTERPOLATION_ONE - 1) / INTERPOLATION_ONE), input - 1);
    return { lower, upper: Math.max(upper, 0), fraction: place - INTERPOLATION_ONE * lower };
  });
}

/** The index that each row (or column) of the output copies: TFLite's ResizeNearestNeighbor, in float32. */
export function nearestAlong(input: number, output: number, grid: ResizeGrid): number[] {
  const isAligned = grid.alignCorners && output > 1;
  const scale = Math.fround(isAligned ? (input - 1) / (output - 1) : input / output);
  const offset = grid.halfPixelCenters ? 0.5 : 0;
  return upTo(output).map((index) => {
    const place = Math.fround(Math.fround(index + offset) * scale);
    // TFLite rounds halves away from zero; places are not negative.
    const nearest = grid.alignCorners ? Math.floor(Math.fround(place + 0.5)) : Math.floor(place);
    return Math.min(nearest, input - 1);
  });
}
