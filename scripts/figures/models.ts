/**
 * Prints how far each model of the test data goes, from its file to an emulated Cortex-M4, into docs/models.md. Arguments: parts
 * of names, for some models only; `--keep FILE`, which holds the rows measured so far and takes each new one.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkPasses } from '../../src/check-passes.ts';
import { compile, compileDefaults } from '../../src/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { openModel } from '../../src/host/model-source.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { isQuantized, tensorOf, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import type { GivenShape } from '../../src/readers/input-shapes.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { tryReadModel } from '../../src/readers/index.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { verify } from '../../src/verify.ts';
import { npyFile } from '../../test/support/memory-files.ts';
import { compareFloats, compareIntegers, realRecording, type Recording } from './recordings.ts';
import { compileNetwork, evaluateNetwork } from './measured.ts';
import { findTestdata, networks, tinyEngineVww, type Network } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'model', align: 'left' },
  { heading: 'format', align: 'left' },
  { heading: 'nodes', align: 'right' },
  { heading: 'against TensorFlow', align: 'left' },
  { heading: 'after every pass', align: 'left' },
  { heading: 'top-1 of the integers (float; n)', align: 'left' },
  { heading: 'Cortex-M4 on QEMU', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'arena', align: 'right' },
];

/** Folders that are no model but hold several. */
const COLLECTIONS = new Set(['ops-seanet', 'tfjs-ml4f']);
/** Models that leave their rows and columns open. */
const OPEN = new Set(['dilated-conv.float.tflite']);
const CALIBRATION_INPUTS = 4;
/** Labelled inputs that a model is judged on at most. */
const JUDGED = 100;

interface IndexEntry {
  readonly input?: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
  readonly valid_for?: readonly string[];
}

const folder = await findTestdata();
const index = JSON.parse(readFileSync(path.join(folder, 'reference/index.json'), 'utf8')) as Record<
  string,
  IndexEntry
>;
const { values: flags, positionals: wanted } = parseArgs({
  options: { keep: { type: 'string' } },
  allowPositionals: true,
});
const kept = new Map(
  (flags.keep !== undefined && existsSync(flags.keep) ? readFileSync(flags.keep, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): [string, readonly string[]] => {
      const row = JSON.parse(line) as string[];
      return [row[0]!, row];
    }),
);
const rows: (readonly string[])[] = [];
for (const model of listModels()) {
  if (wanted.length > 0 && !wanted.some((part) => model.includes(part))) continue;
  const known = kept.get(model);
  rows.push(known ?? (await measure(model)));
  if (known === undefined && flags.keep !== undefined)
    appendFileSync(flags.keep, `${JSON.stringify(rows.at(-1))}\n`);
  process.stderr.write(`${rows.at(-1)!.join(' | ')}\n`);
}

function listModels(): readonly string[] {
  const models = path.join(folder, 'models');
  return readdirSync(models)
    .sort()
    .flatMap((name) =>
      COLLECTIONS.has(name)
        ? readdirSync(path.join(models, name))
            .sort()
            .map((file) => `${name}/${file}`)
        : [name],
    )
    .filter(
      (name) =>
        !name.endsWith('.bin') && (name.includes('.') || statSync(path.join(models, name)).isDirectory()),
    );
}

function recordingOf(model: string): Recording | null {
  const entry =
    index[model] ?? Object.values(index).find(({ valid_for: models }) => models?.includes(model) === true);
  if (entry === undefined) return null;
  const paths = (files: readonly string[]): readonly string[] =>
    files.map((file) => path.join(folder, 'reference', file));
  return { inputs: paths(entry.inputs ?? [entry.input ?? '']), outputs: paths(entry.outputs) };
}

async function measure(model: string): Promise<readonly string[]> {
  return withTemporaryFolder((scratch) => measureIn(model, scratch));
}

async function measureIn(model: string, scratch: string): Promise<readonly string[]> {
  const file = path.join(folder, 'models', model);
  const recorded = recordingOf(model);
  try {
    const inputShape = inputShapeOf(model, recorded);
    const { format, graph, problems } = await tryReadModel(await openModel(file), inputShape);
    const recording = await inReals(graph, file, recorded, scratch);
    const [problem] = problems;
    if (problem !== undefined) {
      const { code, message } = problem.diagnostic;
      return [model, format, '', `does not read: ${code} ${message}`, '', '', '', '', ''];
    }
    const normalised = normalise(graph);
    const nodes = String(normalised.nodes.length);
    const shapes = inputShape.map(({ extents }) => `, with --input-shape ${extents.join('x')}`).join('');
    return [
      model,
      format,
      nodes,
      (await compare(normalised, recording)) + shapes,
      await passesOf(graph),
      await judge(model, normalised),
      ...(await run(file, normalised, recording, inputShape)),
    ];
  } catch (error) {
    return [model, '', '', described(error), '', '', '', '', ''];
  }
}

/** Files that leave their rows and columns open take those of the recorded inputs. */
function inputShapeOf(model: string, recording: Recording | null): readonly GivenShape[] {
  if (!OPEN.has(model) || recording === null) return [];
  const [, ...extents] = readNpy(readFileSync(recording.inputs[0]!), recording.inputs[0]!).shape;
  return [{ input: null, extents: extents.slice(-3) }];
}

/** A recording for the float executor, in real values where it was made in the integers of a model that is read as floats. */
async function inReals(
  graph: Graph,
  file: string,
  recording: Recording | null,
  scratch: string,
): Promise<Recording | null> {
  if (recording === null || isQuantized(graph) || !file.endsWith('.tflite')) return recording;
  const isReal = (name: string): boolean => readNpy(readFileSync(name), name).data instanceof Float32Array;
  if ([...recording.inputs, ...recording.outputs].every(isReal)) return recording;
  return realRecording(new Uint8Array(readFileSync(file)), recording, scratch);
}

/** How the executor of a graph compares with the recorded outputs. */
async function compare(graph: Graph, recording: Recording | null): Promise<string> {
  if (recording === null) return 'no recording';
  if (!isQuantized(graph)) {
    const difference = await compareFloats(graph, recording);
    return recording.storage === undefined
      ? `float, largest difference ${difference.toExponential(1)}`
      : `float, within ${difference.toFixed(2)} steps of 16 bits`;
  }
  const { compared, different, most } = compareIntegers(graph, recording);
  return different === 0
    ? `bit-exact, ${formatCount(compared)} values`
    : `${formatCount(different)} of ${formatCount(compared)} values differ, by ${most} at most`;
}

/** How the outputs of a network as it was read change with the passes of normalising; a diagnostic where it cannot run. */
async function passesOf(graph: Graph): Promise<string> {
  try {
    const checks = await checkPasses(graph);
    const worst = Math.max(...checks.map(({ difference }) => difference));
    return worst === 0 ? 'the same' : worst.toExponential(1);
  } catch (error) {
    return described(error);
  }
}

/**
 * Top-1 of the integers on labelled inputs, of TFLite files that have some: a float model quantized with its calibration set, a
 * quantized one as it is. What the other formats hold is the same network.
 */
async function judge(model: string, graph: Graph): Promise<string> {
  const network = model.endsWith('.tflite') ? networkOf(model) : null;
  if (network === null) return '';
  const sample = { ...network, floatModel: `models/${model}` };
  const report = await withTemporaryFolder(async (scratch) => {
    if (isQuantized(graph))
      return evaluateNetwork(folder, sample, path.join(folder, 'models', model), JUDGED);
    const { outDir } = await compileNetwork(folder, sample, scratch, { target: 'host', recipe: [] });
    return evaluateNetwork(folder, sample, outDir, JUDGED);
  });
  const share = (top1: number | null): string => (top1 === null ? '?' : `${top1.toFixed(1)} %`);
  return `${share(report.top1.quantized)} (${share(report.top1.float)}; ${report.n})`;
}

/** The data of a model: that of the network whose name its own begins with. */
function networkOf(model: string): Network | null {
  const match = [...networks, tinyEngineVww].find(({ floatModel }) => {
    const stem = path.basename(floatModel).replace(/-(dq|tf2dq)?\.[\w.-]+$|\.[\w.-]+$/, '');
    return model.startsWith(`${stem}.`) || model.startsWith(`${stem}-`);
  });
  return match === undefined || model.includes('nchw') ? null : match;
}

/** Compiled with the defaults and run on one input. */
async function run(
  model: string,
  graph: Graph,
  recording: Recording | null,
  inputShape: readonly GivenShape[],
): Promise<readonly [string, string, string]> {
  try {
    return await withTemporaryFolder(async (scratch) => {
      const out = path.join(scratch, 'model');
      const inputs = recording?.inputs.join() ?? (await drawInputs(graph, scratch));
      const calibration = isQuantized(graph) ? null : inputs;
      const options = {
        target: 'cortex-m4',
        out,
        name: 'm',
        inputShape,
        calibration,
        limit: CALIBRATION_INPUTS,
      };
      const { arenaBytes } = await compile({ ...compileDefaults, model, ...options, recipe: [] }, noFeedback);
      const request = { dir: out, on: null, board: 'emulator', inputs, limit: 1, perLayer: false };
      const { bitExact, mismatches, instructions } = await verify(request, noFeedback);
      const verdict = bitExact ? 'bit-exact' : `${mismatches} mismatches`;
      return [verdict, formatCount(instructions?.perInference ?? 0), formatCount(arenaBytes)];
    });
  } catch (error) {
    return [described(error), '', ''];
  }
}

/** A file of random values of 0 … 1 for a float model of one input that nothing was recorded of; null for others. */
async function drawInputs(graph: Graph, scratch: string): Promise<string | null> {
  const [port, ...others] = graph.inputs;
  if (port === undefined || others.length > 0 || isQuantized(graph)) return null;
  const { h, w, c } = tensorOf(graph, port.tensor).shape;
  const random = mulberry32(1);
  const values = Float32Array.from({ length: CALIBRATION_INPUTS * h * w * c }, () => random());
  const file = path.join(scratch, 'random.npy');
  await writeBytes(file, npyFile('<f4', [CALIBRATION_INPUTS, h, w, c], values));
  return file;
}

/** A problem of the model as its diagnostic; any other error ends the script. */
function described(error: unknown): string {
  if (!(error instanceof DiagnosticError)) throw error;
  const [{ code, message } = { code: '', message: '' }] = error.diagnostics;
  return `${code} ${message}`;
}

const page = `# Models

Every model of the test data: whether it reads, how its executor compares with what TensorFlow made of the same inputs (float: the
largest difference as a share of the largest output, or in steps of the recorded integers of 16 bits, which every layer of TFLite rounds to and
floats do not; quantized: TFLite's reference kernels, value by value), how far its outputs move with any pass of normalising (a share of the largest; quantized networks may not move at all), its top-1, and whether the C that it
becomes is bit-exact with the integer executor on an emulated Cortex-M4, compiled with the defaults and run on one input. Float models are
quantized on ${CALIBRATION_INPUTS} of the recorded inputs (random ones where nothing was recorded), which is enough to compile them and not to judge their accuracy
([accuracy.md](accuracy.md)). Printed by \`npm run figures:models\`.

${formatMarkdownTable(COLUMNS, rows)}
`;
// A choice of models is for looking at.
if (wanted.length === 0) await writeBytes(packagePath('docs', 'models.md'), page);
