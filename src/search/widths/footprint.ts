import { fail } from '../../diagnostics/diagnostic.ts';
import type { TensorId } from '../../ir/graph.ts';
import type { QuantModel } from '../../ir/quant-model.ts';
import type { WidthChoice, WidthCosts } from './choices.ts';
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
 * Narrows maps that are live at the peak, then weights, whatever costs the least loss a byte, until both budgets hold; the
 * peak is found anew after each move. Fails with QM421 (RAM) or QM422 (flash) where nothing is left to narrow.
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
  let stage = start;
  let footprint = footprintOf(stage);
  let least = footprint.arenaBytes;
  while (footprint.arenaBytes > maxRam) {
    const live = new Set(footprint.liveAtPeak);
    const next = narrow(choices, sensitivities, stage, (widths, index, width) => {
      const choice = choices[index]!;
      return choice.kind === 'maps' ? (costs.mapBytes(choice, live) * (widths[index]! - width)) / 8 : 0;
    });
    if (next === null) return fail('QM421', {}, { asked: maxRam, reached: least });
    stage = next;
    footprint = footprintOf(stage);
    least = Math.min(least, footprint.arenaBytes);
  }
  while (footprint.constantBytes > maxFlash) {
    // The weights' own bytes tell how far to go; what else is in flash, the next footprint.
    const aim = costs.weightBytes(stage.widths) - (footprint.constantBytes - maxFlash);
    while (costs.weightBytes(stage.widths) > aim) {
      const next = narrow(choices, sensitivities, stage, (widths, index, width) => {
        const choice = choices[index]!;
        return choice.kind === 'weights' ? (costs.weightCount(choice) * (widths[index]! - width)) / 8 : 0;
      });
      if (next === null) {
        const reached = footprintOf(stage).constantBytes;
        return reached <= maxFlash ? stage : fail('QM422', {}, { asked: maxFlash, reached });
      }
      stage = next;
    }
    footprint = footprintOf(stage);
  }
  return stage;
}

/** The maps of a model that stand for tensors of its graph. */
export function tensorsOf(model: QuantModel, maps: readonly number[]): readonly TensorId[] {
  return maps.map((map) => model.maps[map]!.tensor);
}
