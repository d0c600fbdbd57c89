/** Prints instructions, RAM and flash of the test networks on every emulated core into docs/footprint.md. */
import type { CompileOptions } from '../../src/compile.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { compileNetwork, verifyNetwork } from './measured.ts';
import { findTestdata, networks, type Network } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'target', align: 'left' },
  { heading: 'compiled with', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'instr / MAC', align: 'right' },
  { heading: 'arena', align: 'right' },
  { heading: 'RAM in all', align: 'right' },
  { heading: 'flash', align: 'right' },
];

/** Ways of compiling, by what a user would type. */
const WAYS: readonly (readonly [title: string, options: Partial<CompileOptions>])[] = [
  ['', {}],
  ['`--optimize time`', { optimize: 'time' }],
  ['`--optimize size`', { optimize: 'size' }],
  ['`--schedule stream --push-rows`', { schedule: 'stream', pushRows: true }],
];
const TARGETS = ['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55'];
const SMALL = 3;
const INPUTS = 2;

const folder = await findTestdata();
const rows: (readonly string[])[] = [];
for (const network of networks.slice(0, SMALL)) {
  for (const target of TARGETS) {
    for (const [way, options] of target === 'cortex-m4' ? WAYS : WAYS.slice(0, 1)) {
      rows.push(await measure(network, target, way, options));
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    }
  }
}
for (const network of networks.slice(SMALL, -1)) {
  for (const [way, options] of [WAYS[0]!, WAYS[3]!]) {
    rows.push(await measure(network, 'cortex-m7', way, options));
    process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
  }
}

async function measure(
  network: Network,
  target: string,
  way: string,
  options: Partial<CompileOptions>,
): Promise<readonly string[]> {
  return withTemporaryFolder(async (scratch) => {
    const { outDir, macs } = await compileNetwork(folder, network, scratch, { target, ...options });
    const { instructions, ram, flash } = await verifyNetwork(folder, network, outDir, INPUTS);
    return [
      network.title,
      target,
      way,
      formatCount(instructions!.perInference),
      (instructions!.perInference / macs).toFixed(2),
      formatCount(ram!.arena),
      formatCount(ram!.total),
      formatCount(flash!.total),
    ];
  });
}

await writeBytes(
  packagePath('docs', 'footprint.md'),
  `# Instructions and memory

Float models quantized to 8 bits, run on QEMU on ${INPUTS} inputs each, every output equal to the integer executor's. Instructions are counted, not
cycles measured: a cycle count needs a board. RAM: arena, static data and measured stack; flash: code and constants; both without the
test harness. Nothing in the third column: the defaults. Printed by \`npm run figures:footprint\`.

${formatMarkdownTable(COLUMNS, rows)}
`,
);
