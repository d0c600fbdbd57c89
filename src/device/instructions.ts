import type { FinishedLine, LayerCountsLine } from './result.ts';

/** With `-icount shift=6` QEMU advances its virtual time by 2^6 ns an instruction. */
export const ICOUNT_SHIFT = 6;
const INSTRUCTIONS_PER_SECOND = 1e9 / 2 ** ICOUNT_SHIFT;

/** What one layer executed per inference, averaged over the inferences of a run. */
export interface LayerInstructions {
  readonly instructions: number;
  /** Kernel calls: 1 for a layer computed whole. */
  readonly calls: number;
}

/** Instructions of each inference, the reading of the counter taken off. Exact to ±1. */
export function instructionsPerInference(
  ticks: readonly number[],
  { emptyTicks }: FinishedLine,
  counterHz: number,
): readonly number[] {
  return ticks.map((n) => Math.round(toInstructions(n - emptyTicks, counterHz)));
}

/**
 * Instructions of each layer per inference. What a pair of hooks costs is taken off for every call; the remaining error
 * is an instruction or two a call, for the arguments of the hooks.
 */
export function instructionsPerLayer(
  { layerTicks, layerCalls, calibrationTicks, calibrationCalls }: LayerCountsLine,
  inferences: number,
  counterHz: number,
): readonly LayerInstructions[] {
  const hookTicks = calibrationTicks / calibrationCalls;
  return layerTicks.map((ticks, layer) => {
    const calls = layerCalls[layer] ?? 0;
    return {
      instructions: Math.round(toInstructions(ticks - calls * hookTicks, counterHz) / inferences),
      calls: calls / inferences,
    };
  });
}

function toInstructions(ticks: number, counterHz: number): number {
  return (ticks * INSTRUCTIONS_PER_SECOND) / counterHz;
}
