import {
  channelPasses,
  instructionsOf,
  weightPasses,
  type KernelOffer,
  type TargetCosts,
} from '../ir/kernel-cost.ts';
import type { LayerId } from '../ir/quant-model.ts';
import { assert } from '../util/never.ts';
import type { LayerLoad, LayerWork, Option } from './execution-option.ts';

/** By layer, the kernels that it could run on. */
export type Offers = readonly (readonly KernelOffer[])[];

/** By layer, the first offer with the least scratch. */
export function leastScratch(offers: Offers): readonly number[] {
  return offers.map((kernels) => {
    const least = Math.min(...kernels.map(({ scratchBytes }) => scratchBytes));
    return kernels.findIndex(({ scratchBytes }) => scratchBytes === least);
  });
}

/** An option with its instructions as a step function of the bytes that it may take, scratch included. */
export interface PricedOption {
  readonly option: Option;
  /** Ascending; at the first one the option becomes possible. */
  readonly bytes: readonly number[];
  /** From so many bytes on. Falling. */
  readonly instructions: readonly number[];
}

/** A kernel for one layer of an option. */
interface Step {
  readonly offer: number;
  /** What the layer takes with it: live maps and scratch. */
  readonly bytes: number;
  readonly instructions: number;
}

export function priceOption(option: Option, offers: Offers, costs: TargetCosts): PricedOption {
  const stepsByLoad = option.loads.map((load) => payingSteps(load, offers, costs));
  const bytes = [...new Set(stepsByLoad.flatMap((steps) => steps.map((step) => step.bytes)))];
  const least = Math.max(0, ...stepsByLoad.map((steps) => steps[0]!.bytes));
  const limits = bytes.filter((limit) => limit >= least).sort((a, b) => a - b);
  const drops = new Map<number, number>();
  let total = 0;
  for (const steps of stepsByLoad) {
    const start = steps.findLastIndex((step) => step.bytes <= least);
    total += steps[start]!.instructions;
    for (let i = start + 1; i < steps.length; i++) {
      const drop = steps[i - 1]!.instructions - steps[i]!.instructions;
      drops.set(steps[i]!.bytes, (drops.get(steps[i]!.bytes) ?? 0) + drop);
    }
  }
  const instructions = limits.map((limit) => (total -= drops.get(limit) ?? 0));
  return { option, bytes: limits, instructions };
}

/** The kernels of a layer that are worth their bytes: each takes more than the one before it, and fewer instructions. */
function payingSteps(load: LayerLoad, offers: Offers, costs: TargetCosts): readonly Step[] {
  const steps = offers[load.layer]!.map((kernel, offer): Step => ({
    offer,
    bytes: (kernel.replacesInput ? load.replacingPeakBytes : load.peakBytes) + kernel.scratchBytes,
    instructions: instructionsOfWork(load, kernel, costs),
  })).sort((a, b) => a.bytes - b.bytes || a.instructions - b.instructions);
  const paying: Step[] = [];
  for (const step of steps) {
    if (step.instructions < (paying.at(-1)?.instructions ?? Infinity)) paying.push(step);
  }
  assert(paying.length > 0, `layer ${load.layer} has a kernel`);
  return paying;
}

/** Instructions that a layer takes on a kernel. */
export function instructionsOfWork(work: LayerWork, kernel: KernelOffer, costs: TargetCosts): number {
  return work.share * instructionsOf(costs, kernel, workWith(kernel, work));
}

/** The work of a layer with its weights and channels as often as the kernel prepares them. */
function workWith(kernel: KernelOffer, { work, callsByPixels, weights }: LayerWork): LayerWork['work'] {
  let [weight, channel] = [0, 0];
  for (const [pixels, calls] of callsByPixels) {
    weight += calls * weights * weightPasses(kernel, pixels);
    channel += calls * (work.output / work.pixel) * channelPasses(kernel, pixels);
  }
  return { ...work, weight, channel };
}

/** The index of what holds at `limitBytes`; −1 where the option takes more. */
export function stepWithin({ bytes }: PricedOption, limitBytes: number): number {
  let [low, high] = [-1, bytes.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bytes[middle]! <= limitBytes) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** By layer of the option, the offer that takes the fewest instructions within `limitBytes`. */
export function kernelsWithin(
  { option }: PricedOption,
  limitBytes: number,
  offers: Offers,
  costs: TargetCosts,
): ReadonlyMap<LayerId, number> {
  return new Map(
    option.loads.map((load) => {
      const step = payingSteps(load, offers, costs).findLast(({ bytes }) => bytes <= limitBytes);
      assert(step !== undefined, `layer ${load.layer} fits its limit`);
      return [load.layer, step.offer];
    }),
  );
}
