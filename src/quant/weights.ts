import type { QuantWeights } from '../ir/quant-model.ts';
import type { WeightLayout } from '../ir/weight-layout.ts';
import { clamp } from '../util/math.ts';

/** Integer weights with what their accumulators mean. */
export interface IntegerWeights {
  readonly weights: QuantWeights;
  /** Real value of one accumulator step, for each output channel. */
  readonly accumulatorScale: Float64Array;
}

/** Shares of the largest magnitude that weights of fewer than 8 bits are tried to span: 1 … 0.3. */
const SPAN_SHARES = Array.from({ length: 29 }, (_, i) => 1 - (0.7 * i) / 28);

/** The magnitude at ±limit with the least squared error over the weights of one channel. */
function leastErrorSpan(
  largest: number,
  limit: number,
  taps: number,
  weight: (tap: number) => number,
): number {
  const error = (span: number): number => {
    let total = 0;
    for (let tap = 0; tap < taps; tap++) {
      const real = weight(tap);
      const difference = real - (span / limit) * clamp(Math.round((real * limit) / span), -limit, limit);
      total += difference * difference;
    }
    return total;
  };
  if (largest === 0) return 0;
  return SPAN_SHARES.map((share) => largest * share)
    .map((span) => ({ span, error: error(span) }))
    .reduce((least, next) => (next.error < least.error ? next : least)).span;
}

/** The step of least squared error for each row of weights (rows × taps); 0 for a row of zeros, which any step would do for. */
export function leastErrorSteps(weights: Float64Array, taps: number, limit: number): Float64Array {
  return Float64Array.from({ length: weights.length / taps }, (_, row) => {
    const own = weights.subarray(row * taps, (row + 1) * taps);
    const largest = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    return leastErrorSpan(largest, limit, taps, (tap) => own[tap]!) / limit;
  });
}

/** Real weights and biases with everything that an input channel brings already in them. */
export interface RealWeights {
  readonly weights: Float32Array;
  readonly bias: Float32Array | null;
  /** Real value of one step of the input, one for all channels or one for each. */
  readonly inputScale: Float64Array;
  /** Added to the input's integers to make them exact (see input-port.ts); as long as `inputScale`. Null for none. */
  readonly inputOffset: Float64Array | null;
  /**
   * Where the weights are whole multiples of a step for each output channel already, these steps (those of input channel 0;
   * the others' are in the ratio of the input's scales), 0 where all are zero; null: chosen from the weights.
   */
  readonly weightSteps?: Float64Array | null;
}

/** Biases, raised with the weights, are kept this far from the ends of int32, so that the products have room. */
const LARGEST_BIAS = 2 ** 29;
/** Channels whose weights are this much smaller than the largest ones are held at this fraction of the largest scale. */
const SMALLEST_SCALE_RATIO = 2 ** -20;
/** Where a layer has no weights but zeros, one accumulator step is this fraction of the input's step. */
const SCALE_OF_ZEROS = 2 ** -10;

/**
 * Symmetric weights with one scale for each output channel, ±(2^(bits−1) − 1) at the largest magnitude (below 8 bits: where the
 * squared error is least), and int32 biases
 * at the accumulators' scale. The input's scales are multiplied into the weights first, so input channels may differ in
 * scale; the bias absorbs what the input's zero points leave over.
 */
export function quantizeWeights(real: RealWeights, layout: WeightLayout, bits = 8): IntegerWeights {
  const { outputChannels, taps, at, inputChannel } = layout;
  const { inputScale, inputOffset, weightSteps = null } = real;
  const limit = 2 ** (bits - 1) - 1;
  const largestBias = LARGEST_BIAS / 2 ** (8 - bits);
  const scaled = (channel: number, tap: number): number =>
    real.weights[at(channel, tap)]! * inputScale[inputChannel(channel, tap) % inputScale.length]!;

  const channels = Array.from({ length: outputChannels }, (_, channel) => {
    let largest = 0;
    let bias = real.bias?.[channel] ?? 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = scaled(channel, tap);
      largest = Math.max(largest, Math.abs(weight));
      if (inputOffset !== null)
        bias += weight * inputOffset[inputChannel(channel, tap) % inputOffset.length]!;
    }
    return { largest, bias };
  });
  const spans = channels.map(({ largest }, channel) => {
    if (weightSteps !== null) return weightSteps[channel]! * inputScale[0]! * limit;
    return bits === 8 ? largest : leastErrorSpan(largest, limit, taps, (tap) => scaled(channel, tap));
  });
  const overall = Math.max(...spans) / limit;
  const floor = overall > 0 ? overall * SMALLEST_SCALE_RATIO : Math.max(...inputScale) * SCALE_OF_ZEROS;

  const data = new Int8Array(real.weights.length);
  const accumulatorScale = Float64Array.from(channels, ({ bias }, channel) =>
    Math.max(spans[channel]! / limit, Math.abs(bias) / largestBias, floor),
  );
  for (let channel = 0; channel < outputChannels; channel++) {
    for (let tap = 0; tap < taps; tap++) {
      const integer = Math.round(scaled(channel, tap) / accumulatorScale[channel]!);
      data[at(channel, tap)] = clamp(integer, -limit, limit);
    }
  }
  const bias = Int32Array.from(channels, (channel, c) => Math.round(channel.bias / accumulatorScale[c]!));
  return { weights: { data, bits, raise: 0, zeroPoint: 0, bias }, accumulatorScale };
}
