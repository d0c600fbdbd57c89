/**
 * Prints what int8 models of the test data take on CMSIS-NN (the copy that CMSIS_NN_DIR names), natively and mixed, into
 * docs/cmsis-nn.md; every output is compared with the integer executor.
 */
import path from 'node:path';
import { compile, compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { environmentVariable } from '../../src/host/environment.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { runProcess } from '../../src/host/processes.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { verify } from '../../src/verify.ts';
import { findTestdata } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'model', align: 'left' },
  { heading: 'target', align: 'left' },
  { heading: '`native`', align: 'right' },
  { heading: '`cmsis-nn`', align: 'right' },
  { heading: '`auto`', align: 'right' },
  { heading: 'arena native', align: 'right' },
  { heading: 'arena cmsis-nn', align: 'right' },
];
const MODELS = [
  'resnet8-cifar10.int8',
  'vww-mobilenetv1-96.int8',
  'kws-dscnn.int8',
  'mobilenetv1-025-224-imagenet.tf-ptq-int8',
];
const TARGETS = ['cortex-m4', 'cortex-m55'];
const INPUTS = 2;

/** What the columns of a table have in common. */
interface Way {
  readonly heading: string;
  readonly options: Partial<CompileOptions>;
}
const WHOLE: Way = { heading: 'Whole layers', options: { schedule: 'layer' } };
const PATCHES: Way = {
  heading: 'Patches of 3x3, then whole layers',
  options: { schedule: 'patch', patches: { rows: 3, columns: 3 } },
};

const testdata = await findTestdata();
const tables: string[] = [];
for (const way of [WHOLE, PATCHES]) {
  const rows: (readonly string[])[] = [];
  for (const model of MODELS) {
    for (const target of TARGETS) rows.push(await measureRow(model, `${model}.tflite`, target, way.options));
  }
  tables.push(tableOf(way.heading, rows));
}
const quantmcu: Partial<CompileOptions> = {
  method: 'quantmcu',
  rounding: 'tflite',
  mean: [0],
  std: [1],
  calibration: path.join(testdata, 'data', 'cifar10', 'cifar10-calib.images.npy'),
};
const classed: (readonly string[])[] = [];
for (const target of TARGETS) {
  classed.push(await measureRow('resnet8-cifar10', 'resnet8-cifar10.float.tflite', target, quantmcu));
}
tables.push(tableOf('`--method quantmcu`, whose layers of fewer than 8 bits stay native', classed));

const commit = await runProcess('git', [
  '-C',
  environmentVariable('CMSIS_NN_DIR') ?? '.',
  'rev-parse',
  'HEAD',
]);
const version = commit.exitCode === 0 ? ` (commit ${commit.stdout.trim()})` : '';
await writeBytes(
  packagePath('docs', 'cmsis-nn.md'),
  `# CMSIS-NN

\`compile --kernels cmsis-nn\` calls Arm's CMSIS-NN for the layers that it has: convolutions, depthwise ones, dense layers, sums,
products, minima and maxima of two maps, pools, softmax, borders, concatenations and transposes of 8 bits in models that round twice, as the
library's default build does (\`--rounding tflite\`, which int8 TFLite models have); with weights of 4 bits (\`--weight-bits 4\`)
\`arm_convolve_wrapper_s4\`, \`arm_depthwise_conv_wrapper_s4\` and, for one multiplier, \`arm_fully_connected_s4\`. Depthwise layers of 4 bits whose
results there differ from the plain definition stay native: on Helium without dilation or multiplier, elsewhere with them and an odd
number of channels. Dense layers of int8 TFLite models, which round once, stay native too, and so do all other layers.

The library wants contiguous tensors. A layer that is computed whole is one call on its whole maps. In patches, strips, streams of rows
and arms of \`--method quantmcu\` each call gets a part of its layer: dimensions of what it reads and writes, and the padding that the part
has at its own top and left. Where a ring of rows begins anew, or rows are longer than the part, what the call reads or writes is copied
for it (\`templates/runtime/cmsis_nn/qmcu_cmsis_nn_part.h\`): a row of the output at a time, or as many as cost no memory at the peak.
What only copies (borders, concatenations, transposes) is native in parts, and so is what the library refuses: windows
over one row on Helium with more padding on one side than it knows. \`--schedule auto\` takes whole layers unless \`--max-ram\` asks for less.
\`--kernels cmsis-nn\` fails with QM718 where the library has none of the layers.

\`--kernels auto\` takes the faster of both for each layer: what our kernels cost is measured on every target (\`targets/*/costs.json\`), what the
library costs, calls and copies included, is a table (\`src/lower/cmsis-nn/plan.ts\`).

The library is yours: \`--cmsis-nn DIR\` or \`CMSIS_NN_DIR\` names it for \`verify\`, your own build has its \`Include\` on the path. A copy whose
\`arm_convolve_wrapper_s8_get_buffer_size\` under-allocates (v7.0.0 and before, #200) is refused. Scratch comes from formulas of ours, which
every firmware that \`verify\` builds compares with the library's.

Instructions of one inference on QEMU, ${INPUTS} inputs each, every output equal to the integer executor's, with a copy of the
library${version} built with its own flags. Printed by \`npm run figures:cmsis-nn\`.

${tables.join('\n\n')}
`,
);

function tableOf(heading: string, rows: readonly (readonly string[])[]): string {
  return `## ${heading}\n\n${formatMarkdownTable(COLUMNS, rows)}`;
}

async function measureRow(
  model: string,
  file: string,
  target: string,
  options: Partial<CompileOptions>,
): Promise<readonly string[]> {
  const native = await measure(file, target, 'native', options);
  const library = await measure(file, target, 'cmsis-nn', options);
  const mixed = await measure(file, target, 'auto', options);
  const row = [
    model,
    target,
    ...[native, library, mixed].map(({ instructions }) => formatCount(instructions)),
    ...[native, library].map(({ arena }) => formatCount(arena)),
  ];
  process.stderr.write(`${row.join('  ')}\n`);
  return row;
}

async function measure(
  file: string,
  target: string,
  kernels: 'native' | 'cmsis-nn' | 'auto',
  given: Partial<CompileOptions>,
): Promise<{ readonly instructions: number; readonly arena: number }> {
  return withTemporaryFolder(async (scratch) => {
    const dir = path.join(scratch, 'model');
    const options = {
      ...compileDefaults,
      ...given,
      model: path.join(testdata, 'models', file),
      target,
      board: 'emulator',
      out: dir,
      kernels,
    };
    const { arenaBytes } = await compile(options, noFeedback);
    const report = await verify(
      { dir, on: null, board: null, inputs: null, limit: INPUTS, perLayer: false },
      noFeedback,
    );
    if (!report.bitExact) throw new Error(`${file} on ${target} with ${kernels} is not bit-exact`);
    return { instructions: report.instructions!.perInference, arena: arenaBytes };
  });
}
