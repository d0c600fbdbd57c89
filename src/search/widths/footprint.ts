import { fail } from '../../diagnostics/diagnostic.ts';
import type { TensorId } from '../../ir/graph.ts';
import type { QuantModel } from '../../ir/quant-model.ts';
import { sum } from '../../util/math.ts';
import type { WidthChoice, WidthCosts, Widths } from './choices.ts';
import { narrow, type Stage } from './descend.ts';
import type { Sensitivities } from './sensitivity.ts';

/** What a model takes once it is planned and lowered. */
export interface Footprint {
  readonly arenaBytes: number;
  readonly constantBytes: number;
  /** The maps in memory where the most is. */
  readonly liveAtPeak: readonly TensorId[];
}

export interface MemoryBudgets {
  readonly maxRam: number | null;
  readonly maxFlash: number | null;
}

export function fits({ arenaBytes, constantBytes }: Footprint, { maxRam, maxFlash }: MemoryBudgets): boolean {
  return arenaBytes <= (maxRam ?? Infinity) && constantBytes <= (maxFlash ?? Infinity);
}

/**
 * Narrows maps that are live at the peak, then weights, whatever costs the least loss a byte, until both budgets hold. A plan takes
 * its time, so one is made only after half of what the last one had too much is gone. Fails with QM421 (RAM) or QM422 (flash)
 * where nothing is left to narrow.
 */
export function fitMemory(
  choices: readonly WidthChoice[],
  sensitivities: Sensitivities,
  costs: WidthCosts,
  start: Stage,
  footprintOf: (stage: Stage) => Footprint,
  budgets: MemoryBudgets,
): Stage {
  const maxRam = budgets.maxRam ?? Infinity;
  const maxFlash = budgets.maxFlash ?? Infinity;
  /** Narrows until `bytes` values at 8 bits a choice have become so many bytes fewer, or as far as it goes. */
  const shrink = (from: Stage, bytes: (choice: WidthChoice) => number, fewer: number): Stage => {
    const saved = (widths: Widths, index: number, width: number): number =>
      (bytes(choices[index]!) * (widths[index]! - width)) / 8;
    const taken = ({ widths }: Stage): number =>
      sum(choices.map((choice, i) => (bytes(choice) * widths[i]!) / 8));
    const aim = taken(from) - fewer;
    let stage = from;
    do {
      const next = narrow(choices, sensitivities, stage, saved);
      if (next === null) break;
      stage = next;
    } while (taken(stage) > aim);
    return stage;
  };

  let stage = start;
  let footprint = footprintOf(stage);
  let least = footprint.arenaBytes;
  while (footprint.arenaBytes > maxRam) {
    const live = new Set(footprint.liveAtPeak);
    const next = shrink(
      stage,
      (choice) => (choice.kind === 'maps' ? costs.mapBytes(choice, live) : 0),
      (footprint.arenaBytes - maxRam) / 2,
    );
    if (next === stage) return fail('QM421', {}, { asked: maxRam, reached: least });
    stage = next;
    footprint = footprintOf(stage);
    least = Math.min(least, footprint.arenaBytes);
  }
  while (footprint.constantBytes > maxFlash) {
    // What else than weights is in flash, the next footprint tells.
    const next = shrink(
      stage,
      (choice) => (choice.kind === 'weights' ? costs.weightCount(choice) : 0),
      footprint.constantBytes - maxFlash,
    );
    if (next === stage) {
      return fail('QM422', {}, { asked: maxFlash, reached: footprint.constantBytes });
    }
    stage = next;
    footprint = footprintOf(stage);
  }
  return stage;
}

/** The maps of a model that stand for tensors of its graph. */
export function tensorsOf(model: QuantModel, maps: readonly number[]): readonly TensorId[] {
  return maps.map((map) => model.maps[map]!.tensor);
}
