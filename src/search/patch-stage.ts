import { fail } from '../diagnostics/diagnostic.ts';
import type { KernelMemory } from '../ir/memory-plan.ts';
import { scheduledMacsByLayer } from '../ir/scheduled-macs.ts';
import { layerOf, mapOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { peakBytes } from '../memory/peak.ts';
import { schedulePatches, type PatchGrid } from '../schedule/by-patches.ts';
import { chooseLayerOrder } from '../schedule/layer-order.ts';
import { canCutStage } from '../schedule/stage.ts';
import { sum } from '../util/math.ts';

/** What the user fixes of a patch stage; null: chosen. */
export interface PatchWishes {
  /** The name of the last layer. */
  readonly split: string | null;
  readonly patches: { readonly rows: number; readonly columns: number } | null;
}

/** Grids that are tried where none is asked for. */
const GRIDS = [2, 3, 4, 5].map((n) => ({ rows: n, columns: n }));

/** A patch stage, with what it costs the whole network. */
export interface PatchCandidate {
  readonly grid: PatchGrid;
  readonly schedule: Schedule;
  readonly peakBytes: number;
  readonly macs: number;
}

/**
 * Where the patch stage ends and how it is cut. A deeper cut brings down the peak of the rest and raises that of the stage:
 * the shallowest cut with the lowest peak of both is taken, and of several grids the one that gets lowest, with the fewest
 * multiply-accumulates where that is the same. Fails with QM710 for an unknown node, with QM714 where the network has no
 * place for a patch stage, and as `schedulePatches` does.
 */
export function choosePatches(
  model: QuantModel,
  wishes: PatchWishes,
  kernels: readonly KernelMemory[],
): Schedule {
  // Sorting is stable: of equals the shallowest cut stays first.
  const [best] = [...patchCandidates(model, wishes, kernels)].sort(
    (a, b) => a.peakBytes - b.peakBytes || a.macs - b.macs,
  );
  return best === undefined ? fail('QM714') : best.schedule;
}

/** Every stage that the wishes leave, grid by grid, the shallowest cut first. */
export function patchCandidates(
  model: QuantModel,
  wishes: PatchWishes,
  kernels: readonly KernelMemory[],
): readonly PatchCandidate[] {
  const splits = wishes.split === null ? findSplits(model) : [layerNamed(model, wishes.split)];
  const grids = wishes.patches === null ? GRIDS : [wishes.patches];
  const asked = wishes.split !== null && wishes.patches !== null;
  return grids
    .flatMap((patches) => splits.map((split) => ({ split, ...patches })))
    .filter((grid) => asked || fits(model, grid))
    .map((grid) => weigh(model, grid, kernels));
}

function layerNamed(model: QuantModel, name: string): LayerId {
  const layer = model.layers.find((candidate) => candidate.name === name);
  return layer === undefined ? fail('QM710', { path: '--split' }, { node: name }) : layer.id;
}

/** The layers that a stage could end with, the shallowest first. */
function findSplits(model: QuantModel): readonly LayerId[] {
  const order = chooseLayerOrder(model);
  return order.filter((id) => canCutStage(model, order, id));
}

function fits(model: QuantModel, { split, rows, columns }: PatchGrid): boolean {
  const { h, w } = mapOf(model, layerOf(model, split).output).shape;
  return rows <= h && columns <= w;
}

function weigh(model: QuantModel, grid: PatchGrid, kernels: readonly KernelMemory[]): PatchCandidate {
  const schedule = schedulePatches(model, grid);
  return {
    grid,
    schedule,
    peakBytes: peakBytes(model, schedule, kernels),
    macs: sum(scheduledMacsByLayer(model, schedule).values()),
  };
}
