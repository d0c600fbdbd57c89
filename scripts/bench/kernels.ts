/** Counts instructions per multiplication of every kernel by shape and widths on QEMU, into docs/performance.md. */
import { formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { climbLadder, type Rung, type Widths } from './ladder.ts';
import { writeSection } from './sections.ts';

const TARGETS = ['cortex-m4', 'cortex-m55'];
const WIDTHS: readonly Widths[] = [
  { weights: 8, maps: 8 },
  { weights: 8, maps: 4 },
  { weights: 6, maps: 4 },
  { weights: 4, maps: 4 },
  { weights: 8, maps: 2 },
  { weights: 4, maps: 2 },
];
const nameOf = ({ weights, maps }: Widths): string => `W${weights}A${maps}`;

const COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'kernel at 8 bits', align: 'left' },
  ...WIDTHS.map((widths): Column => ({ heading: nameOf(widths), align: 'right' })),
];

const figure = ({ macs, instructions }: Rung): string =>
  macs === 0 ? String(instructions) : (instructions / macs).toFixed(2);

const tables: string[] = [];
for (const target of TARGETS) {
  const climbs: (readonly Rung[])[] = [];
  for (const widths of WIDTHS) {
    climbs.push(await climbLadder(target, widths));
    process.stderr.write(`${target} ${nameOf(widths)}\n`);
  }
  const rows = climbs[0]!.map(({ layer, kernel }, id) => [
    layer,
    `\`${kernel}\``,
    ...climbs.map((rungs) => figure(rungs[id]!)),
  ]);
  tables.push(`## ${target}\n\n${formatMarkdownTable(COLUMNS, rows)}`);
}
await writeSection(
  'kernels',
  `Instructions executed per multiply-accumulate, everything that a layer does counted; of layers that multiply nothing,
instructions in all. W: bits of weights; A: bits of maps. The first layer reads 8 bits in every column, the last writes them.
Layers one behind the other, each with the working memory that its kernel asks for, run on QEMU; outputs equal to the integer
executor's.

${tables.join('\n\n')}`,
);
