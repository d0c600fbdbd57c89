/** What a field of qmcu_sum_a4_dsp.h holds to either side of zero: 2^13 below it, one less above. */
const FIELD_LIMIT = 2 ** 13 - 1;

/** What is taken from the values of odd pixels. */
export const ODD_PIXEL_OFFSET = 8;

/**
 * Cuts the values of a window into runs of which no sum of products leaves its field, whatever the input: for each channel,
 * both the positive and the negative weights of a run, times the largest magnitude of a value, stay within it. `weightsOf` are a channel's
 * weights in the order of the values; the result holds the lengths of the runs. One value alone always fits.
 */
export function cutSegments(weightsOf: readonly (readonly number[])[], largest: number): readonly number[] {
  const values = weightsOf[0]!.length;
  const most = Math.floor(FIELD_LIMIT / Math.max(largest, ODD_PIXEL_OFFSET));
  const lengths: number[] = [];
  let length = 0;
  let sums = weightsOf.map(() => ({ positive: 0, negative: 0 }));
  for (let value = 0; value < values; value++) {
    const own = weightsOf.map((weights) => partsOf(weights[value]!));
    const longer = sums.map(({ positive, negative }, channel) => ({
      positive: positive + own[channel]!.positive,
      negative: negative + own[channel]!.negative,
    }));
    const fits = longer.every(({ positive, negative }) => positive <= most && negative <= most);
    if (!fits) lengths.push(length);
    length = fits ? length + 1 : 1;
    sums = fits ? longer : own;
  }
  return [...lengths, length];
}

function partsOf(weight: number): { positive: number; negative: number } {
  return { positive: Math.max(weight, 0), negative: Math.max(-weight, 0) };
}
