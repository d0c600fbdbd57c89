import { describe, expect, it } from 'vitest';
import { cutSegments } from '../../src/lower/dsp4/segments.ts';
import { sum } from '../../src/util/math.ts';
import { mulberry32 } from '../../src/util/random.ts';

const FIELD = 2 ** 13;

/** The largest and the smallest sum that a run can come to, each value 0 … largest, or 8 less for odd pixels. */
function extremes(weights: readonly number[], largest: number): readonly number[] {
  const ends = [
    [0, largest],
    [-8, largest - 8],
  ] as const;
  return ends.flatMap(([low, high]) => [
    sum(weights.map((weight) => Math.max(weight * low, weight * high))),
    sum(weights.map((weight) => Math.min(weight * low, weight * high))),
  ]);
}

describe('the segments of weights', () => {
  it.each([
    [15, 127],
    [15, 31],
    [15, 7],
    [3, 127],
  ])('keep every field in bounds for any input, values to %i and weights to %i', (largest, limit) => {
    const random = mulberry32(largest + limit);
    const weights = Array.from({ length: 4 }, () =>
      Array.from({ length: 700 }, () => Math.round((2 * random() - 1) * limit)),
    );
    const lengths = cutSegments(weights, largest);
    expect(sum(lengths)).toBe(700);
    let from = 0;
    for (const length of lengths) {
      for (const own of weights) {
        const ends = extremes(own.slice(from, from + length), largest);
        expect(Math.min(...ends)).toBeGreaterThanOrEqual(-FIELD);
        expect(Math.max(...ends)).toBeLessThan(FIELD);
      }
      from += length;
    }
  });

  it('are as long as the bound allows', () => {
    const weights = [0, 1, 2, 3].map((channel) => new Array<number>(20).fill(channel === 2 ? 127 : 1));
    expect(cutSegments(weights, 15)).toEqual([4, 4, 4, 4, 4]);
  });
});
