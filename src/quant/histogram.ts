import { assert } from '../util/never.ts';
import { ChannelCollector, mergeChannels, type ChannelStatistics } from './channel-statistics.ts';
import { coveringBinWidth, mergeHistograms, widenBins, type Histogram } from './histogram-bins.ts';

const BINS = 8192;
const HALF = BINS / 2;

/** Statistics of one tensor over all calibration inputs. */
export interface TensorStatistics {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly variance: number;
  readonly histogram: Histogram;
  /** Empty where they were not gathered. */
  readonly channels: readonly ChannelStatistics[];
}

/** Gathers the statistics of one tensor, batch by batch; the bins widen as larger values come. */
export class StatisticsCollector {
  #count = 0;
  #min = Infinity;
  #max = -Infinity;
  #sum = 0;
  #sumOfSquares = 0;
  #zeros = 0;
  #binWidth = 0;
  #counts: Float64Array = new Float64Array(BINS);
  readonly #byChannel: ChannelCollector | null;

  /** `channels`: gathers those of each of so many channels as well. */
  constructor(channels: number | null = null) {
    this.#byChannel = channels === null ? null : new ChannelCollector(channels);
  }

  /** Adds finite values. */
  add(values: Float32Array): void {
    this.#byChannel?.add(values);
    this.#cover(values);
    const counts = this.#counts;
    const binsPerUnit = this.#binWidth === 0 ? 0 : 1 / this.#binWidth;
    let sum = 0;
    let sumOfSquares = 0;
    let zeros = 0;
    // An indexed loop: this sees every value of every feature map, and iterators cost several times as much.
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) {
        zeros++;
        continue;
      }
      sum += value;
      sumOfSquares += value * value;
      counts[Math.floor(value * binsPerUnit) + HALF]!++;
    }
    this.#count += values.length;
    this.#sum += sum;
    this.#sumOfSquares += sumOfSquares;
    this.#zeros += zeros;
  }

  get statistics(): TensorStatistics {
    assert(this.#count > 0, 'statistics of no values');
    const mean = this.#sum / this.#count;
    return {
      count: this.#count,
      min: this.#min,
      max: this.#max,
      mean,
      variance: Math.max(0, this.#sumOfSquares / this.#count - mean * mean),
      histogram: { binWidth: this.#binWidth, counts: this.#counts.slice(), zeros: this.#zeros },
      channels: this.#byChannel?.statistics ?? [],
    };
  }

  #cover(values: Float32Array): void {
    let min = this.#min;
    let max = this.#max;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min = min;
    this.#max = max;
    const needed = coveringBinWidth(min, max, BINS);
    if (needed <= this.#binWidth) return;
    this.#counts = widenBins(this.#counts, this.#binWidth, needed);
    this.#binWidth = needed;
  }
}

/** Statistics of all values of several tensors together. */
export function mergeStatistics(all: readonly TensorStatistics[]): TensorStatistics {
  const count = all.reduce((total, one) => total + one.count, 0);
  const mean = all.reduce((total, one) => total + one.mean * one.count, 0) / count;
  const spread = all.reduce((total, one) => total + (one.variance + (one.mean - mean) ** 2) * one.count, 0);
  return {
    count,
    min: Math.min(...all.map((one) => one.min)),
    max: Math.max(...all.map((one) => one.max)),
    mean,
    variance: spread / count,
    histogram: mergeHistograms(all.map((one) => one.histogram)),
    channels: mergeChannels(all.map((one) => one.channels)),
  };
}
