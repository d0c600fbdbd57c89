import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildFirmware } from '../../src/device/build.ts';
import { runFirmware, type RunResult } from '../../src/device/run.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { emitScheduled, inFolderOf, sourcesOf, type Emitted, type EmitWishes } from './emitted.ts';

/** Emits a model of one input and one output, builds it for a target's first board and runs it on all inputs. */
export async function runInC(
  model: QuantModel,
  schedule: Schedule,
  targetId: string,
  inputs: readonly Uint8Array[],
  wishes: EmitWishes = {},
): Promise<RunResult> {
  return runEmitted(emitScheduled(model, schedule, wishes), targetId, inputs);
}

/** Builds and runs a program of one input and one output. */
export async function runEmitted(
  { files, program }: Emitted,
  targetId: string,
  inputs: readonly Uint8Array[],
): Promise<RunResult> {
  const target = await loadTarget(targetId);
  const cacheDir = await mkdtemp(path.join(tmpdir(), 'quantmcu-builds-'));
  try {
    return await inFolderOf(files, async (modelDir) => {
      const build = await buildFirmware({
        modelDir,
        name: program.name,
        sources: sourcesOf(files),
        target,
        board: chooseBoard(target, null),
        mode: 'plain',
        needs: { ...program.memory, weightBytes: 0 },
        cacheDir,
      });
      return runFirmware(build, {
        inputs: Uint8Array.from(Buffer.concat(inputs)),
        count: inputs.length,
        timeoutMs: 60_000,
      });
    });
  } finally {
    await rm(cacheDir, { recursive: true });
  }
}
