import { assert } from '../util/never.ts';
import { coveringBinWidth, mergeHistograms, widenBins, type Histogram } from './histogram-bins.ts';

/** Coarser than those of a whole tensor: there is one for every channel. */
const BINS = 512;
const HALF = BINS / 2;

/** Statistics of the values of one channel over all calibration inputs. */
export interface ChannelStatistics {
  readonly min: number;
  readonly max: number;
  readonly histogram: Histogram;
}

/** Gathers the statistics of each channel of a tensor, batch by batch. */
export class ChannelCollector {
  readonly #channels: number;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #binWidth: Float64Array;
  readonly #zeros: Float64Array;
  readonly #counts: Float64Array[];

  constructor(channels: number) {
    this.#channels = channels;
    this.#min = new Float64Array(channels).fill(Infinity);
    this.#max = new Float64Array(channels).fill(-Infinity);
    this.#binWidth = new Float64Array(channels);
    this.#zeros = new Float64Array(channels);
    this.#counts = Array.from({ length: channels }, () => new Float64Array(BINS));
  }

  /** Adds finite values, the channels of a pixel one after the other. */
  add(values: Float32Array): void {
    assert(values.length % this.#channels === 0, 'a pixel has all its channels');
    for (let channel = 0; channel < this.#channels; channel++) this.#addChannel(values, channel);
  }

  get statistics(): readonly ChannelStatistics[] {
    return this.#counts.map((counts, channel) => ({
      min: this.#min[channel]!,
      max: this.#max[channel]!,
      histogram: { binWidth: this.#binWidth[channel]!, counts: counts.slice(), zeros: this.#zeros[channel]! },
    }));
  }

  #addChannel(values: Float32Array, channel: number): void {
    const channels = this.#channels;
    const counts = this.#cover(values, channel);
    const binsPerUnit = this.#binWidth[channel] === 0 ? 0 : 1 / this.#binWidth[channel]!;
    let zeros = 0;
    for (let i = channel; i < values.length; i += channels) {
      const value = values[i]!;
      if (value === 0) zeros++;
      else counts[Math.floor(value * binsPerUnit) + HALF]!++;
    }
    this.#zeros[channel]! += zeros;
  }

  #cover(values: Float32Array, channel: number): Float64Array {
    let min = this.#min[channel]!;
    let max = this.#max[channel]!;
    for (let i = channel; i < values.length; i += this.#channels) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min[channel] = min;
    this.#max[channel] = max;
    const needed = coveringBinWidth(min, max, BINS);
    if (needed > this.#binWidth[channel]!) {
      this.#counts[channel] = widenBins(this.#counts[channel]!, this.#binWidth[channel]!, needed);
      this.#binWidth[channel] = needed;
    }
    return this.#counts[channel]!;
  }
}

/** Statistics of each channel over several tensors of the same channels; none where some tensor has none. */
export function mergeChannels(all: readonly (readonly ChannelStatistics[])[]): readonly ChannelStatistics[] {
  const count = all[0]?.length ?? 0;
  if (all.some((channels) => channels.length !== count)) return [];
  return Array.from({ length: count }, (_, channel) => {
    const same = all.map((channels) => channels[channel]!);
    return {
      min: Math.min(...same.map((one) => one.min)),
      max: Math.max(...same.map((one) => one.max)),
      histogram: mergeHistograms(same.map((one) => one.histogram)),
    };
  });
}
