/** Builds of one compiled network that differ in their C or in their flags, to see what a part of it takes. */
import path from 'node:path';
import type { CompileOptions } from '../../src/compile.ts';
import { buildFirmware } from '../../src/device/build.ts';
import type { FirmwareMemory } from '../../src/device/linker-map.ts';
import { runFirmware } from '../../src/device/run.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';
import { openCompiledFolder, type CompiledFolder } from '../../src/emit/compiled-folder.ts';
import { programNeeds } from '../../src/emit/manifest.ts';
import { readText, withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import { sum } from '../../src/util/math.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { compileNetwork } from '../figures/measured.ts';
import type { Network } from '../figures/testdata.ts';

/** A change of the sources, or of the compiler's flags. */
export interface Variant {
  /** By path below the model's folder: text that stands there once or more, and what takes its place. */
  readonly edits: Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>>;
  readonly flags: readonly string[];
}

export const AS_IT_IS: Variant = { edits: {}, flags: [] };

/** What a variant executes and takes. */
export interface Counted {
  /** By layer. */
  readonly layers: readonly number[];
  readonly outputs: Uint8Array;
  readonly memory: FirmwareMemory;
}

const TIMEOUT_MS = 600_000;
const TARGET = 'cortex-m4';
/** Weights and ranges have no say in what is counted here. */
const CALIBRATION_INPUTS = 8;

export const STREAM: Partial<CompileOptions> = { schedule: 'stream', pushRows: true };
export const FAST: Partial<CompileOptions> = { optimize: 'time' };

export const totalOf = ({ layers }: Counted): number => sum(layers);
export const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)}%`;

/** A network compiled for QEMU's Cortex-M4, in a folder while `use` has it. */
export async function compiledVariants<T>(
  testdata: string,
  network: Network,
  choices: Partial<CompileOptions>,
  use: (dir: string, folder: CompiledFolder) => Promise<T>,
): Promise<T> {
  return withTemporaryFolder(async (scratch) => {
    const fixed = { target: TARGET, method: 'int8', recipe: [], limit: CALIBRATION_INPUTS } as const;
    await compileNetwork(testdata, network, scratch, { ...fixed, board: 'emulator', ...choices });
    const dir = path.join(scratch, 'model');
    return use(dir, await openCompiledFolder(dir));
  });
}

/** Counts a variant; fails where it computes anything but what is expected. */
export async function countAlike(dir: string, variant: Variant, expected: Counted): Promise<Counted> {
  const counted = await countVariant(dir, variant);
  if (Buffer.compare(counted.outputs, expected.outputs) !== 0)
    throw new Error('a variant computes otherwise');
  return counted;
}

/** Builds a variant of the program in `dir` and runs it on QEMU, with one input of random bytes. */
export async function countVariant(dir: string, { edits, flags }: Variant): Promise<Counted> {
  const { manifest, reference } = await openCompiledFolder(dir);
  const target = await loadTarget(manifest.target.id);
  const board = chooseBoard(target, 'emulator');
  return withTemporaryFolder(async (scratch) => {
    const modelDir = path.join(scratch, 'model');
    for (const { path: file } of manifest.files) {
      if (!/\.[ch]$/.test(file)) continue;
      let text = await readText(path.join(dir, file));
      for (const [before, after] of edits[file] ?? []) {
        const edited = text.replaceAll(before, after);
        if (edited === text) throw new Error(`${file} has no ${String(before)}`);
        text = edited;
      }
      await writeBytes(path.join(modelDir, file), text);
    }
    const build = await buildFirmware({
      modelDir,
      name: manifest.name,
      sources: manifest.sources,
      target: { ...target, compiler: { ...target.compiler, flags: [...target.compiler.flags, ...flags] } },
      board,
      mode: 'layer-counts',
      needs: programNeeds(manifest),
      cacheDir: path.join(scratch, 'builds'),
    });
    const inputs = randomInputs(reference.model);
    const run = await runFirmware(build, { inputs, count: 1, timeoutMs: TIMEOUT_MS });
    return {
      layers: run.layerInstructions!.map(({ instructions }) => instructions),
      outputs: run.outputs,
      memory: build.memory!,
    };
  });
}

function randomInputs(model: QuantModel): Uint8Array {
  const random = mulberry32(7);
  const bytes = sum(model.inputs.map(({ map }) => elementCount(mapOf(model, map).shape)));
  return Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
}
