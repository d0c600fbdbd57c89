/** Prints the accuracy of our 8-bit quantization beside TensorFlow's into docs/accuracy.md. */
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { evaluate } from '../../src/evaluate.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import { formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { findTestdata, networks, type Network } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'n', align: 'right' },
  { heading: 'float', align: 'right' },
  { heading: 'quantmcu W8A8', align: 'right' },
  { heading: 'drop ± std. error', align: 'right' },
  { heading: 'agreement', align: 'right' },
  { heading: 'KL', align: 'right' },
  { heading: 'TensorFlow int8', align: 'right' },
];

const folder = await findTestdata();
const rows: string[][] = [];
for (const network of networks) {
  process.stderr.write(`${network.title}\n`);
  const ours = await withTemporaryFolder((scratch) => evaluateOurs(network, path.join(scratch, 'model')));
  const theirs = await evaluate(
    { ...judgement(network), model: path.join(folder, network.tfInt8Model) },
    noFeedback,
  );
  rows.push([
    network.title,
    String(ours.n),
    `${ours.top1.float!.toFixed(2)} %`,
    `${ours.top1.quantized!.toFixed(2)} %`,
    `${ours.drop!.toFixed(2)} ± ${ours.dropStdErr!.toFixed(2)}`,
    `${(100 * ours.agreement!).toFixed(1)} %`,
    ours.kl!.toFixed(4),
    `${theirs.top1.quantized!.toFixed(2)} %`,
  ]);
  process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
}

await writeBytes(
  packagePath('docs', 'accuracy.md'),
  `# Accuracy at 8 bits

Top-1 of the compiled C (weights and maps of 8 bits) against the float model on the same inputs, and of TensorFlow's own full-integer
conversion of the same network, run by quantmcu bit for bit as TensorFlow's reference kernels do. Inputs that were calibrated on are left
out of the ImageNet sample. Printed by \`npm run figures:accuracy\`.

${formatMarkdownTable(COLUMNS, rows)}
`,
);

async function evaluateOurs(network: Network, out: string): Promise<EvaluateReport> {
  await compile(
    {
      ...compileDefaults,
      model: path.join(folder, network.floatModel),
      target: 'host',
      out,
      calibration: path.join(folder, network.calibration),
      limit: network.calibrationLimit,
      mean: network.mean,
      std: network.std,
    },
    noFeedback,
  );
  return evaluate({ ...judgement(network), model: out }, noFeedback);
}

function judgement({ data, labels, mean, std, skipPositions }: Network) {
  return {
    data: path.join(folder, data),
    labels: path.join(folder, labels),
    mean,
    std,
    labelOffset: null,
    skipPositions: skipPositions === null ? null : path.join(folder, skipPositions),
    limit: null,
  };
}
