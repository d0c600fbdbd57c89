import { range } from '../../util/math.ts';
import type { WidthChoice, Widths } from './choices.ts';
import type { Sensitivities } from './sensitivity.ts';

/** Widths with the loss that the sensitivities add up to. */
export interface Stage {
  readonly widths: Widths;
  readonly loss: number;
}

/** Another width for one choice. */
interface Move {
  readonly index: number;
  readonly width: number;
  readonly saved: number;
  readonly loss: number;
}

/** What a move saves; nothing (0 or less) where it is not to be considered. */
export type Saving = (widths: Widths, index: number, width: number) => number;

/**
 * The widths after the narrowing that costs least loss for what it saves, of every choice to every narrower width; null where
 * none saves anything. Of equal ones the one that saves more, then the first.
 */
export function narrow(
  choices: readonly WidthChoice[],
  sensitivities: Sensitivities,
  from: Stage,
  savingOf: Saving,
): Stage | null {
  const lossAt = (index: number, width: number): number => sensitivities[index]!.get(width) ?? 0;
  let best: Move | null = null;
  for (const index of range(choices.length)) {
    const current = from.widths[index]!;
    for (const width of choices[index]!.widths) {
      if (width >= current) continue;
      const saved = savingOf(from.widths, index, width);
      if (saved <= 0) continue;
      const move = { index, width, saved, loss: lossAt(index, width) - lossAt(index, current) };
      if (best === null || isBetter(move, best)) best = move;
    }
  }
  if (best === null) return null;
  const { index, width, loss } = best;
  return { widths: from.widths.map((own, i) => (i === index ? width : own)), loss: from.loss + loss };
}

function isBetter(a: Move, b: Move): boolean {
  const [left, right] = [a.loss * b.saved, b.loss * a.saved];
  return left === right ? a.saved > b.saved : left < right;
}

/** `from` and everything that `narrow` makes of it, one move after the other, as long as `goesOn`. */
export function descend(
  choices: readonly WidthChoice[],
  sensitivities: Sensitivities,
  from: Stage,
  savingOf: Saving,
  goesOn: (stage: Stage) => boolean = () => true,
): readonly Stage[] {
  const stages = [from];
  for (let last = from; goesOn(last);) {
    const next = narrow(choices, sensitivities, last, savingOf);
    if (next === null) break;
    stages.push(next);
    last = next;
  }
  return stages;
}
