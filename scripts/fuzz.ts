/**
 * Reads many mutations of models of every format (`npm run fuzz -- 10000`) and prints the counts into docs/fuzz.md; of one reader
 * only where a part of its name follows.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeBytes } from '../src/host/files.ts';
import { packagePath } from '../src/host/package-root.ts';
import { formatCount, formatMarkdownTable, type Column } from '../src/util/text-table.ts';
import { fuzzModel, type FuzzModel } from '../test/support/fuzz.ts';
import { buildNetwork, STEPS } from '../test/support/graph-networks.ts';
import { writeGraphDef } from '../test/support/graph-def-writer.ts';
import { findTestdata } from './figures/testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'reader', align: 'left' },
  { heading: 'cases', align: 'right' },
  { heading: 'read all the same', align: 'right' },
  { heading: 'not supported', align: 'right' },
  { heading: 'refused', align: 'right' },
  { heading: 'slowest, ms', align: 'right' },
];

const SEED = 1;

/** A graph with every kind of node that the tests can write. */
const everyNode = (): FuzzModel => ({
  main: 'every-node.pb',
  files: { 'every-node.pb': writeGraphDef(buildNetwork(STEPS, SEED)) },
});

/** Small models of each format, which share its cases. */
const READERS: readonly (readonly [reader: string, models: readonly (string | (() => FuzzModel))[]])[] = [
  ['TFLite', ['hello-world-sine.int8.tflite', 'split-concat.uint8.tflite', 'kws-dscnn.int8.tflite']],
  ['Keras .h5', ['kws-dscnn.h5', 'sww-streaming-wakeword.h5']],
  ['Keras .keras', ['kws-dscnn.keras', 'sww-streaming-wakeword.keras']],
  ['TensorFlow.js', ['kws-dscnn.tfjs', 'resnet8-cifar10.tfjs-uint8']],
  ['SavedModel', ['kws-dscnn.savedmodel', 'sww-streaming-wakeword.savedmodel']],
  ['Frozen graph .pb', [everyNode]],
];
const DEFAULT_CASES = 10_000;

const cases = Number(process.argv[2] ?? DEFAULT_CASES);
const wanted = process.argv[3] ?? '';
const folder = await findTestdata();
const rows: (readonly string[])[] = [];
for (const [reader, models] of READERS.filter(([name]) => name.includes(wanted))) {
  let [read, unsupported, refused, slowest, done] = [0, 0, 0, 0, 0];
  for (const model of models) {
    const counts = await fuzzModel(
      typeof model === 'string' ? load(path.join(folder, 'models', model)) : model(),
      Math.ceil(cases / models.length),
      SEED,
    );
    read += counts.read;
    unsupported += counts.unsupported;
    refused += counts.refused;
    done += counts.cases;
    slowest = Math.max(slowest, counts.slowestMs);
  }
  rows.push([reader, ...[done, read, unsupported, refused].map(formatCount), slowest.toFixed(0)]);
  process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
}

function load(model: string): FuzzModel {
  if (!statSync(model).isDirectory()) {
    const name = path.basename(model);
    return { main: name, files: { [name]: new Uint8Array(readFileSync(model)) } };
  }
  const names = readdirSync(model, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(path.join(model, name)).isFile());
  return {
    main: null,
    files: Object.fromEntries(
      files.map((name) => [name, new Uint8Array(readFileSync(path.join(model, name)))]),
    ),
  };
}

const page = `# Hostile files

Models with a few bytes, words, stretches, JSON parts or archive members changed, read by every reader. Each case ended in a
sound graph or in diagnostics, within five seconds of processor time and a bound on memory that follows from the file's size, and none
read a file outside the model's folder. Printed by \`npm run fuzz\`; the tests run a sample.

${formatMarkdownTable(COLUMNS, rows)}
`;
// A single reader is for looking at.
if (wanted === '') await writeBytes(packagePath('docs', 'fuzz.md'), page);
