/** Prints how far each model of the test data goes, from its file to an emulated Cortex-M4, into docs/models.md. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { openModel } from '../../src/host/model-source.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { isQuantized, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { tryReadModel } from '../../src/readers/index.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { verify } from '../../src/verify.ts';
import { compareFloats, compareIntegers, type Recording } from './recordings.ts';
import { findTestdata } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'model', align: 'left' },
  { heading: 'format', align: 'left' },
  { heading: 'nodes', align: 'right' },
  { heading: 'against TensorFlow', align: 'left' },
  { heading: 'Cortex-M4 on QEMU', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'arena', align: 'right' },
];

/** Folders that are no model but hold several. */
const COLLECTIONS = new Set(['ops-seanet', 'tfjs-ml4f']);
const CALIBRATION_INPUTS = 4;

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
const wanted = process.argv.slice(2);
const rows: (readonly string[])[] = [];
for (const model of listModels()) {
  if (wanted.length > 0 && !wanted.some((part) => model.includes(part))) continue;
  rows.push(await measure(model));
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
  const file = path.join(folder, 'models', model);
  const recording = recordingOf(model);
  try {
    const { format, graph, problems } = await tryReadModel(await openModel(file));
    const [problem] = problems;
    if (problem !== undefined) {
      const { code, message } = problem.diagnostic;
      return [model, format, '', `does not read: ${code} ${message}`, '', '', ''];
    }
    const normalised = normalise(graph);
    const nodes = String(normalised.nodes.length);
    return [
      model,
      format,
      nodes,
      await compare(normalised, recording),
      ...(await run(file, normalised, recording)),
    ];
  } catch (error) {
    return [model, '', '', described(error), '', '', ''];
  }
}

/** How the executor of a graph compares with the recorded outputs. */
async function compare(graph: Graph, recording: Recording | null): Promise<string> {
  if (recording === null) return 'no recording';
  if (!isQuantized(graph))
    return `float, largest difference ${(await compareFloats(graph, recording)).toExponential(1)}`;
  const { compared, different, most } = compareIntegers(graph, recording);
  return different === 0
    ? `bit-exact, ${formatCount(compared)} values`
    : `${formatCount(different)} of ${formatCount(compared)} values differ, by ${most} at most`;
}

/** Compiled with the defaults and run on one input. */
async function run(
  model: string,
  graph: Graph,
  recording: Recording | null,
): Promise<readonly [string, string, string]> {
  try {
    return await withTemporaryFolder(async (scratch) => {
      const out = path.join(scratch, 'model');
      const inputs = recording?.inputs.join() ?? null;
      const calibration = isQuantized(graph) ? null : inputs;
      const options = { target: 'cortex-m4', out, name: 'm', calibration, limit: CALIBRATION_INPUTS };
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

/** A problem of the model as its diagnostic; any other error ends the script. */
function described(error: unknown): string {
  if (!(error instanceof DiagnosticError)) throw error;
  const [{ code, message } = { code: '', message: '' }] = error.diagnostics;
  return `${code} ${message}`;
}

const page = `# Models

Every model of the test data: whether it reads, how its executor compares with what TensorFlow made of the same inputs (float: the
largest difference as a share of the largest output; quantized: TFLite's reference kernels, value by value), and whether the C that it
becomes is bit-exact with the integer executor on an emulated Cortex-M4, compiled with the defaults and run on one input. Float models are
quantized on ${CALIBRATION_INPUTS} of the recorded inputs, which is enough to compile them and not to judge their accuracy
([accuracy.md](accuracy.md)). Printed by \`npm run figures:models\`.

${formatMarkdownTable(COLUMNS, rows)}
`;
// A choice of models is for looking at.
if (wanted.length === 0) await writeBytes(packagePath('docs', 'models.md'), page);
