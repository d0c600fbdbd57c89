import path from 'node:path';
import { buildFirmware, type FirmwareBuild } from './device/build.ts';
import { openCmsisNn } from './device/cmsis-nn.ts';
import type { HarnessMode } from './device/harness.ts';
import type { LayerInstructions } from './device/instructions.ts';
import { worstCaseStack } from './device/stack/measure.ts';
import { runFirmware, type RunResult } from './device/run.ts';
import { targetOfFolder } from './device/own-target.ts';
import { chooseBoard, loadTarget } from './device/targets.ts';
import { openCompiledFolder, type CompiledFolder } from './emit/compiled-folder.ts';
import { callsCmsisNn, programNeeds } from './emit/manifest.ts';
import { cacheFolder } from './host/environment.ts';
import type { Feedback } from './host/feedback.ts';
import { rowsCompleted } from './ir/layer-rows.ts';
import { pairedRowBytes, valuesOfPairs } from './ir/map-layout.ts';
import { playSchedule } from './ir/play-schedule.ts';
import { layerOf, mapOf, packedRowBytes, type QuantMap, type QuantModel } from './ir/quant-model.ts';
import { columnBytes, unpackColumns } from './util/packed-columns.ts';
import type { TapeStep } from './ir/schedule.ts';
import type { Board, Target } from './ir/target.ts';
import { joinBytes, loadVerificationInputs, splitInputs } from './quant/verification-inputs.ts';
import { prepareInteger, type ComputedRow, type IntegerExecutor } from './reference/integer/executor.ts';
import { Comparison } from './report/comparison.ts';
import { LayerSimilarity } from './report/layer-similarity.ts';
import { validationFiles } from './report/validation-files.ts';
import { validateOutputs, type Validation } from './report/validation.ts';
import { writeBytes } from './host/files.ts';
import type { VerifyReport } from './report/verify-report.ts';
import { sum } from './util/math.ts';

export interface VerifyOptions {
  /** A folder that `compile` wrote. */
  readonly dir: string;
  /** `host` or `qemu`; null: where the target runs by itself. */
  readonly on: 'host' | 'qemu' | null;
  /** One of the target's boards; null: the one compiled for. */
  readonly board: string | null;
  /** Raw inputs; null: seeded random ones. */
  readonly inputs: string | null;
  readonly limit: number | null;
  readonly perLayer: boolean;
  /** A folder for figures against the float model and the integer executor, with `perLayer` of every layer too, as CSV, JSON and JUnit; null: none. */
  readonly report?: string | null;
  /** Whether the output is one value a class, so that a confusion matrix makes sense. */
  readonly classifier?: boolean;
  /** The folder of CMSIS-NN, for a program that calls it; null: that of CMSIS_NN_DIR. */
  readonly cmsisNn?: string | null;
}

/** The slowest emulated inference takes about a minute; a run may take that for each of its inputs, and some. */
const TIMEOUT_MS_PER_INPUT = 120_000;

/** Rows of one run that are kept at once; runs that dump every row are cut to fit. */
const DUMP_BYTES = 64 * 1024 * 1024;

/**
 * Builds the generated C, runs it on its target and compares every output, and with `perLayer` every row of every
 * intermediate map, with the integer executor.
 */
export async function verify(options: VerifyOptions, { progress }: Feedback): Promise<VerifyReport> {
  const folder = await openCompiledFolder(options.dir);
  const { target, board } = await chooseMachine(folder, options);
  const inputs = await loadVerificationInputs(folder.reference.model, options.inputs, options.limit);
  const cmsisNn = callsCmsisNn(folder.manifest) ? await openCmsisNn(options.cmsisNn ?? null) : null;
  const build = (mode: HarnessMode): Promise<FirmwareBuild> =>
    buildFirmware({
      modelDir: options.dir,
      name: folder.manifest.name,
      sources: folder.manifest.sources,
      target,
      board,
      mode,
      needs: programNeeds(folder.manifest),
      cmsisNn,
      cacheDir: path.join(cacheFolder(), 'builds'),
    });

  progress(`building for ${board.part}`);
  const plain = await build('plain');
  progress(`running ${inputs.length} inputs`);
  const run = await runAll(plain, inputs);

  const { model, schedule, memory } = folder.reference;
  const execute = prepareInteger(model, schedule, memory);
  const comparison = new Comparison();
  const expected = compareRun(folder, execute, inputs, run, comparison, progress);

  let layerInstructions: readonly LayerInstructions[] = [];
  let layerRows: Validation['rows'] = [];
  if (options.perLayer) {
    progress('counting instructions by layer');
    layerInstructions = (await runAll(await build('layer-counts'), inputs)).layerInstructions ?? [];
    const similarity = options.report == null ? null : await LayerSimilarity.prepare(model);
    const rows = await build('layer-rows');
    await compareLayers(folder, execute, rows, inputs, comparison, similarity, progress);
    layerRows = similarity?.rows() ?? [];
    similarity?.dispose();
  }
  const verified: VerifyReport = {
    ...report(folder, target, board, inputs.length, comparison, plain, run, layerInstructions),
    worstStack: await worstCaseStack(plain.program, target, folder.manifest.name),
  };
  if (options.report != null) {
    progress('comparing outputs with the float model');
    const { outputs } = run;
    const length = outputs.length / inputs.length;
    const ports = inputs.map((input) => splitInputs(model, input));
    const made = expected.map((own, i) => splitAs(own, outputs.subarray(i * length, (i + 1) * length)));
    const validation = await validateOutputs(model, ports, made, expected, options.classifier === true);
    const whole = { ...validation, rows: [...validation.rows, ...layerRows] };
    for (const [name, text] of validationFiles(verified, whole)) {
      await writeBytes(path.join(options.report, name), text);
    }
  }
  return verified;
}

/** Bytes in parts as long as those of `parts`, one after the other. */
function splitAs(parts: readonly Uint8Array[], bytes: Uint8Array): readonly Uint8Array[] {
  let end = 0;
  return parts.map(({ length }) => bytes.subarray(end, (end += length)));
}

async function chooseMachine(
  folder: CompiledFolder,
  { dir, on, board }: VerifyOptions,
): Promise<{ readonly target: Target; readonly board: Board }> {
  const target =
    on === 'host' ? await loadTarget('host') : await targetOfFolder(dir, folder.manifest.target.id);
  return {
    target,
    board: chooseBoard(target, on === 'host' ? null : (board ?? folder.manifest.target.board)),
  };
}

function runAll(build: FirmwareBuild, inputs: readonly Uint8Array[]): Promise<RunResult> {
  return runFirmware(build, {
    inputs: joinBytes(inputs),
    count: inputs.length,
    timeoutMs: TIMEOUT_MS_PER_INPUT * (inputs.length + 1),
  });
}

/** Returns what the integer executor makes of each input, output by output. */
function compareRun(
  folder: CompiledFolder,
  execute: IntegerExecutor,
  inputs: readonly Uint8Array[],
  { outputs, classes }: RunResult,
  comparison: Comparison,
  progress: Feedback['progress'],
): readonly (readonly Uint8Array[])[] {
  const perInput = outputs.length / inputs.length;
  return inputs.map((input, i) => {
    progress('comparing outputs with the integer executor', i + 1, inputs.length);
    const expectedClasses: number[] = [];
    const expected = execute(splitInputs(folder.reference.model, input), {
      classDecided: (patch, isOutlier) => {
        expectedClasses[patch] = Number(isOutlier);
      },
    });
    const actualClasses = (classes?.[i] ?? []).map((name) => Number(name === 'outlier'));
    comparison.compare(
      i,
      'classes of patches',
      0,
      Uint8Array.from(expectedClasses),
      Uint8Array.from(actualClasses),
    );
    let at = i * perInput;
    folder.reference.model.outputs.forEach((port, p) => {
      const length = expected[p]!.length;
      comparison.compare(i, `output ${port.name}`, 0, expected[p]!, outputs.subarray(at, at + length));
      at += length;
    });
    // A copy, since the executor may use the memory of an output again.
    return expected.map((output) => output.slice());
  });
}

/** Runs a build that dumps every row, a few inputs at a time, and compares each row as the executor computes its twin. */
async function compareLayers(
  folder: CompiledFolder,
  execute: IntegerExecutor,
  build: FirmwareBuild,
  inputs: readonly Uint8Array[],
  comparison: Comparison,
  similarity: LayerSimilarity | null,
  progress: Feedback['progress'],
): Promise<void> {
  const { model, schedule, memory } = folder.reference;
  const dumpBytes = sum([...playSchedule(model, schedule)].map((step) => stepBytes(model, step)));
  const atOnce = Math.max(1, Math.floor(DUMP_BYTES / Math.max(1, dumpBytes)));
  for (let from = 0; from < inputs.length; from += atOnce) {
    const batch = inputs.slice(from, from + atOnce);
    progress('comparing every row of every layer', from, inputs.length);
    const rows = new Map<string, Uint8Array>();
    for (const record of (await runAll(build, batch)).layerRows ?? []) {
      const pitch = record.bytes.length / (record.y1 - record.y0);
      for (let y = record.y0; y < record.y1; y++) {
        const at = (y - record.y0) * pitch;
        rows.set(rowKey(record.inference, { ...record, y }), record.bytes.subarray(at, at + pitch));
      }
    }
    batch.forEach((input, i) => {
      similarity?.begin(splitInputs(model, input));
      const rowDone = (row: ComputedRow): void => {
        const layer = model.layers[row.layer]!;
        const map = mapOf(model, layer.output);
        const at = (row.y * map.shape.w + row.x0) * map.shape.c;
        const bytes = rows.get(rowKey(i, row)) ?? new Uint8Array(0);
        const actual =
          memory.maps[map.id]!.layout === 'pairs' && bytes.length === pairedRowBytes(map.shape)
            ? valuesOfPairs(bytes, map.shape)
            : valuesOf(map, row, bytes);
        comparison.compare(from + i, layer.name, at, row.values, actual);
        similarity?.add(row, actual);
      };
      execute(splitInputs(model, input), { rowDone });
    });
  }
}

/** The values of a row, one a byte, in the bytes that hold its columns; none where some of these are missing. */
function valuesOf(
  { shape: { c }, affine: { bits } }: QuantMap,
  row: ComputedRow,
  bytes: Uint8Array,
): Uint8Array {
  const columns = row.x1 - row.x0;
  const first = (row.x0 - row.origin) % (8 / bits);
  if (bytes.length !== columnBytes(first + columns, c, bits)) return new Uint8Array(0);
  const values = new Int8Array(columns * c);
  const stored = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  unpackColumns(stored, 0, first, columns, c, bits, values, 0);
  return new Uint8Array(values.buffer);
}

/** Windows whose halos overlap compute a row more than once, each time with the same values. */
function rowKey(
  inference: number,
  { layer, y, x0, x1 }: Pick<ComputedRow, 'layer' | 'y' | 'x0' | 'x1'>,
): string {
  return `${inference}/${layer}/${y}/${x0}-${x1}`;
}

function stepBytes(model: QuantModel, { layer: id, y0, y1, x0, x1 }: TapeStep): number {
  const layer = layerOf(model, id);
  const rows = rowsCompleted(model, layer, { from: y0, to: y1 });
  return (rows.to - rows.from) * packedRowBytes(mapOf(model, layer.output), x1 - x0);
}

function report(
  folder: CompiledFolder,
  target: Target,
  board: Board,
  inputs: number,
  comparison: Comparison,
  build: FirmwareBuild,
  run: RunResult,
  layerInstructions: readonly LayerInstructions[],
): VerifyReport {
  const { memory } = build;
  const counts = run.instructions;
  return {
    on: board.runner.kind,
    target: target.id,
    board: board.id,
    inputs,
    bitExact: comparison.mismatches === 0,
    mismatches: comparison.mismatches,
    firstMismatch: comparison.first,
    compared: comparison.compared,
    instructions:
      counts === null
        ? null
        : {
            perInference: Math.round(sum(counts) / counts.length),
            least: Math.min(...counts),
            most: Math.max(...counts),
            perLayer: layerInstructions.map(({ instructions }, layer) => ({
              name: folder.manifest.layers[layer]!.name,
              instructions,
              macs: folder.manifest.layers[layer]!.macs,
            })),
          },
    ram:
      memory === null
        ? null
        : {
            ...memory.ram,
            stack: run.stackBytes ?? 0,
            total: memory.ram.arena + memory.ram.static + (run.stackBytes ?? 0),
          },
    flash: memory?.flash ?? null,
    classes: run.classes ?? [],
  };
}
