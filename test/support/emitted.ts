import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmitContext } from '../../src/emit/context.ts';
import { emitModel, type EmittedFiles } from '../../src/emit/emit.ts';
import { loadTemplates } from '../../src/emit/templates.ts';
import type { Program } from '../../src/ir/program.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { lowerModel, portableKernels } from '../../src/lower/lower.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { splitArena } from '../../src/memory/split.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { planLayers, type PlannedSchedule } from '../../src/search/overlap.ts';

const templates = await loadTemplates();

export const CONTEXT: EmitContext = {
  toolVersion: '0.0.0',
  model: { file: 'tiny.tflite', sha256: '0123456789abcdef' },
  target: { id: 'host', board: 'host' },
  options: { method: 'int8', schedule: 'auto' },
  preprocessing: { mean: [0], std: [255] },
  bitOps: { macs: 2572, macsWithHalo: 2572, bitOps: 16, bitOpsWithHalo: 32, layer8: 64, patch8: 128 },
  outlierShares: [],
};

/** A model planned with overlap, lowered and emitted. */
export interface Emitted extends PlannedSchedule {
  readonly program: Program;
  readonly files: EmittedFiles;
}

export function emit(
  model: QuantModel,
  change: (program: Program) => Program = (program) => program,
): Emitted {
  const planned = planLayers(model, scheduleByLayers(model), portableKernels(model), {
    overlap: true,
  });
  const program = change(lowerModel(model.graph.name, model, planned.schedule, planned.plan));
  return { ...planned, program, files: emitModel(program, CONTEXT, templates) };
}

export interface EmitWishes {
  /** Rows that the model awaits are asked for, not pushed. */
  readonly pullsRows?: boolean;
  /** Room for a second block of the arena, of which some must be used. */
  readonly hotRoomBytes?: number;
}

/** A model lowered and emitted under the schedule given. */
export function emitScheduled(
  model: QuantModel,
  schedule: Schedule,
  { pullsRows = false, hotRoomBytes = 0 }: EmitWishes = {},
): Emitted {
  const kernels = portableKernels(model);
  const whole = planMemory(model, schedule, kernels);
  const plan =
    hotRoomBytes === 0
      ? whole
      : splitArena(model, schedule, whole, { hotBytes: hotRoomBytes, bothBytes: Infinity })!;
  checkMemoryPlan(model, schedule, plan);
  return emitPlanned(model, { schedule, plan }, kernels, pullsRows);
}

/** The same of a plan, with the kernels that it was made for. */
export function emitPlanned(
  model: QuantModel,
  { schedule, plan }: PlannedSchedule,
  kernels: readonly LayerKernel[],
  pullsRows = false,
): Emitted {
  const program = lowerModel(model.graph.name, model, schedule, plan, kernels);
  return { schedule, plan, program, files: emitModel(program, { ...CONTEXT, pullsRows }, templates) };
}

/** Runs `work` in a folder that holds `files`, and removes it afterwards. */
export async function inFolderOf<T>(files: EmittedFiles, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'quantmcu-emitted-'));
  try {
    for (const [name, contents] of files) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), contents);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The C files among `files`. */
export function sourcesOf(files: EmittedFiles): readonly string[] {
  return [...files.keys()].filter((name) => name.endsWith('.c'));
}
