import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { buildFirmware, type BuildRequest, type FirmwareBuild } from '../../src/device/build.ts';
import type { HarnessMode } from '../../src/device/harness.ts';
import type { Board } from '../../src/ir/target.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';

const original = path.join(import.meta.dirname, 'fake-model');

/** Sixteen bytes for each of `count` inputs, all different. */
export function fakeInputs(count: number): Uint8Array {
  return Uint8Array.from({ length: 16 * count }, (_, index) => (index * 7) & 0xff);
}

/** What the two layers of the fake model make of inputs: each map plus 1, then plus the table of weights. */
export function fakeLayers(inputs: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const first = inputs.map((value) => value + 1);
  return [first, first.map((value, index) => value + 10 * (index % 16))];
}

export interface FakeBuildOptions {
  readonly mode?: HarnessMode;
  /** One of the target's boards by its id, or one made of such a board; the first by default. */
  readonly board?: string | Board;
  /** Of mode serial: what the firmware says that it is. */
  readonly buildId?: string;
  /** Options of test/support/fake-model, with their values. */
  readonly defines?: Readonly<Record<string, string | number>>;
}

export interface FakeBuild extends FirmwareBuild {
  /** Asks for the same build once more. */
  readonly rebuild: () => Promise<FirmwareBuild>;
}

/** Builds fake models for a test file in a folder that goes when the file is done. */
export function fakeBuilder(): (targetId: string, options?: FakeBuildOptions) => Promise<FakeBuild> {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });
  return async (targetId, { mode = 'plain', board = null, defines = {}, buildId } = {}) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'quantmcu-fake-'));
    folders.push(folder);
    const modelDir = path.join(folder, 'model');
    await cp(original, modelDir, { recursive: true });
    const options = Object.entries(defines).map(([name, value]) => `#define ${name} ${value}\n`);
    await writeFile(path.join(modelDir, 'fake_options.h'), options.join(''));
    const target = await loadTarget(targetId);
    const request: BuildRequest = {
      modelDir,
      name: 'fake',
      sources: ['fake_model.c', 'fake_weights.c'],
      target,
      board: typeof board === 'object' && board !== null ? board : chooseBoard(target, board),
      mode,
      needs: {
        arenaBytes: Number(defines['FAKE_ARENA_BYTES'] ?? 64),
        hotBytes: 0,
        weightBytes: Number(defines['FAKE_WEIGHT_BYTES'] ?? 16),
      },
      ...(buildId === undefined ? {} : { serial: { buildId, baudRate: 115200 } }),
      cacheDir: path.join(folder, 'builds'),
    };
    return { ...(await buildFirmware(request)), rebuild: () => buildFirmware(request) };
  };
}
