/**
 * Prints what int8 models of the test data take on CMSIS-NN (the copy that CMSIS_NN_DIR names), natively and mixed, into
 * docs/cmsis-nn.md; every output is compared with the integer executor.
 */
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
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

const testdata = await findTestdata();
const rows: (readonly string[])[] = [];
for (const model of MODELS) {
  for (const target of TARGETS) {
    const native = await measure(model, target, 'native');
    const library = await measure(model, target, 'cmsis-nn');
    const mixed = await measure(model, target, 'auto');
    rows.push([
      model,
      target,
      ...[native, library, mixed].map(({ instructions }) => formatCount(instructions)),
      ...[native, library].map(({ arena }) => formatCount(arena)),
    ]);
    process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
  }
}

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
number of channels. All others stay native. Each layer is computed whole, since the library wants contiguous tensors; \`auto\` takes the faster of both for each
layer by a cost table (\`src/lower/cmsis-nn/plan.ts\`). The library is yours: \`--cmsis-nn DIR\` or \`CMSIS_NN_DIR\` names it for \`verify\`,
your own build has its \`Include\` on the path. A copy whose \`arm_convolve_wrapper_s8_get_buffer_size\` under-allocates (v7.0.0
and before, #200) is refused. Scratch comes from formulas of ours, which every firmware that \`verify\` builds compares with the library's.

Instructions of one inference on QEMU, ${INPUTS} inputs each, every output equal to the integer executor's, with a copy of the
library${version} built with its own flags. Printed by \`npm run figures:cmsis-nn\`.

${formatMarkdownTable(COLUMNS, rows)}
`,
);

async function measure(
  model: string,
  target: string,
  kernels: 'native' | 'cmsis-nn' | 'auto',
): Promise<{ readonly instructions: number; readonly arena: number }> {
  return withTemporaryFolder(async (scratch) => {
    const dir = path.join(scratch, 'model');
    const file = path.join(testdata, 'models', `${model}.tflite`);
    const options = {
      ...compileDefaults,
      model: file,
      schedule: 'layer' as const,
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
    if (!report.bitExact) throw new Error(`${model} on ${target} with ${kernels} is not bit-exact`);
    return { instructions: report.instructions!.perInference, arena: arenaBytes };
  });
}
