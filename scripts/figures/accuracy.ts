/** Prints the accuracy of our 8-bit quantization beside TensorFlow's into docs/accuracy.md. */
import path from 'node:path';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { compileNetwork, evaluateNetwork } from './measured.ts';
import { findTestdata, networks } from './testdata.ts';

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
  const ours = await withTemporaryFolder(async (scratch) => {
    const { outDir } = await compileNetwork(folder, network, scratch, { target: 'host' });
    return evaluateNetwork(folder, network, outDir, null);
  });
  const theirs = await evaluateNetwork(folder, network, path.join(folder, network.tfInt8Model), null);
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
