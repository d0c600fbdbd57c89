/**
 * Counts what kernels take to lay out anew the words that they multiply, and what the memory of these words would buy otherwise, and
 * writes it into docs/performance.md: `npm run bench:words`.
 */
import type { CompileOptions } from '../../src/compile.ts';
import type { LayerKind, QuantModel } from '../../src/ir/quant-model.ts';
import { mapOf } from '../../src/ir/quant-model.ts';
import type { MemoryPlan } from '../../src/ir/memory-plan.ts';
import { sum } from '../../src/util/math.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import {
  findTestdata,
  mobileNetV1,
  mobileNetV2,
  tinyEngineVww,
  vww,
  type Network,
} from '../figures/testdata.ts';
import { writeSection } from './sections.ts';
import {
  AS_IT_IS,
  compiledVariants,
  countAlike,
  countVariant,
  FAST,
  percent,
  STREAM,
  totalOf,
  type Variant,
} from './variants.ts';

/** Every pair of pixels is laid out twice in pointwise kernels, every row of a plane in depthwise ones, to the same words. */
const LAID_OUT_TWICE = {
  'runtime/qmcu_pointwise_s8_dsp.c': [
    /** Ahead of its first function. */
    [
      '/* `pixels` output',
      `#define qmcu_unpack_pair(w, a, b, v, r, s) ((void)qmcu_unpack_pair(w, a, b, v, r, s), qmcu_unpack_pair(w, a, b, v, r, s))
/* \`pixels\` output`,
    ],
  ],
  'runtime/qmcu_plane_input_dsp.c': [[/( +unpack_rows\(input, .*\);\n)/g, '$1$1']],
} as const satisfies Variant['edits'];

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'schedule', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'for depthwise layers', align: 'right' },
  { heading: 'for pointwise ones behind them', align: 'right' },
  { heading: 'for others', align: 'right' },
  { heading: 'within blocks', align: 'right' },
  { heading: 'rows in rings between', align: 'right' },
  { heading: 'instructions in twice these', align: 'right' },
];

/** What laying out takes, by layer the difference that laying out twice makes. */
async function repackingRow(
  network: Network,
  name: string,
  choices: Partial<CompileOptions>,
): Promise<readonly string[]> {
  return compiledVariants(
    testdata,
    network,
    choices,
    async (dir, { manifest, reference: { model, memory } }) => {
      const known = new Set(manifest.files.map((file) => file.path));
      const edits = Object.fromEntries(Object.entries(LAID_OUT_TWICE).filter(([file]) => known.has(file)));
      const once = await countVariant(dir, AS_IT_IS);
      const twice = await countAlike(dir, { edits, flags: [] }, once);
      const extra = (id: number): number => twice.layers[id]! - once.layers[id]!;
      const kindBefore = (map: number): LayerKind | undefined =>
        model.layers.find(({ output }) => output === map)?.kind;
      const depthwise = model.layers.filter(({ kind }) => kind === 'depthwise');
      const convs = model.layers.filter(({ kind }) => kind === 'conv');
      const behind = convs.filter(({ inputs }) => kindBefore(inputs[0]!) === 'depthwise');
      const others = convs.filter((layer) => !behind.includes(layer));
      const [planes, pairs, rest] = [depthwise, behind, others].map((layers) =>
        sum(layers.map(({ id }) => extra(id))),
      ) as [number, number, number];
      const extraBytes = ringBytes(model, memory);
      const otherwise =
        extraBytes === 0 ? null : await totalWithin(network, choices, memory.arenaBytes + extraBytes);
      process.stderr.write(`${network.title}, ${name}: ${percent(planes + pairs, totalOf(once))}\n`);
      return [
        network.title,
        name,
        ...[totalOf(once), planes, pairs, rest].map(formatCount),
        percent(planes + pairs, totalOf(once)),
        `${formatCount(extraBytes)} B`,
        otherwise === null
          ? '–'
          : `${formatCount(otherwise)} (${percent(otherwise - totalOf(once), totalOf(once))})`,
      ];
    },
  );
}

/** Instructions of what the planner makes of so much memory. */
async function totalWithin(
  network: Network,
  choices: Partial<CompileOptions>,
  maxRam: number,
): Promise<number> {
  return compiledVariants(testdata, network, { ...choices, maxRam }, async (dir) =>
    totalOf(await countVariant(dir, AS_IT_IS)),
  );
}

/** Bytes of the rings that hold some rows of what depthwise layers read, which words would take once more. */
function ringBytes(model: QuantModel, { maps }: MemoryPlan): number {
  const read = model.layers.filter(({ kind }) => kind === 'depthwise').map(({ inputs }) => inputs[0]!);
  const rings = read.filter((map) => maps[map]!.ringRows < mapOf(model, map).shape.h);
  return sum(rings.map((map) => maps[map]!.ringRows * maps[map]!.rowBytes));
}

const testdata = await findTestdata();
const rows: (readonly string[])[] = [];
for (const network of [vww, tinyEngineVww, mobileNetV1, mobileNetV2]) {
  rows.push(await repackingRow(network, 'rows streamed', STREAM));
  rows.push(await repackingRow(network, '`--optimize time`', FAST));
}

await writeSection(
  'words',
  `Instructions on QEMU's Cortex-M4, inputs of random bytes.

Kernels of the DSP extension multiply pairs of 16-bit values, and maps hold bytes: a depthwise layer lays out planes of its input, a
pointwise one pairs of pixels. What that takes is counted by doing it twice. Behind a depthwise layer a map holds the pairs themselves
where that is better by what is asked for, so that the pointwise layer has nothing to lay out: in a stream it is a row or a few.

Before a depthwise layer maps stay bytes. A stream that computes row by row lays out each of their rows as often as it is read, three times
for a kernel of 3x3; the rings of these rows would take as many bytes again if they held words. The last column is what the planner does
with those bytes today (\`--max-ram\`): it computes blocks of rows, which are laid out less often and share the weights that are prepared.
Where that saves more than the laying out takes, words before a depthwise layer would be a loss; where it saves about as much, they would
still have to pad their rows, and to find three of them around the end of a ring.

${formatMarkdownTable(COLUMNS, rows)}`,
);
