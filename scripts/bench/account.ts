/**
 * Counts what two things would buy that the kernels do not do, and writes it into docs/performance.md: layers of a block that hand
 * each other the words that they multiply, and kernels compiled for the constants of each layer. `npm run bench:account`.
 */
import path from 'node:path';
import type { CompileOptions } from '../../src/compile.ts';
import { openCompiledFolder, type CompiledFolder } from '../../src/emit/compiled-folder.ts';
import { withTemporaryFolder } from '../../src/host/files.ts';
import type { LayerKind } from '../../src/ir/quant-model.ts';
import { sum } from '../../src/util/math.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { compileNetwork } from '../figures/measured.ts';
import {
  findTestdata,
  kws,
  mobileNetV1,
  mobileNetV2,
  resnet8,
  tinyEngineVww,
  vww,
  type Network,
} from '../figures/testdata.ts';
import { writeSection } from './sections.ts';
import { AS_IT_IS, countVariant, type Counted, type Variant } from './variants.ts';

const TARGET = 'cortex-m4';
/** Weights and ranges have no say in what is counted here. */
const CALIBRATION_INPUTS = 8;
const STREAM: Partial<CompileOptions> = { schedule: 'stream', pushRows: true };
const FAST: Partial<CompileOptions> = { optimize: 'time' };

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
  'runtime/qmcu_depthwise_run_dsp.c': [
    [/( +unpack\(words, pixels, &input->row, \(uint32_t\)rows\);\n)/g, '$1$1'],
  ],
} as const satisfies Variant['edits'];

/** The harness calls this by name, from assembly. */
const LINK_TIME: Variant = { edits: {}, flags: ['-flto', '-Wl,-u,report_fault'] };

/** Kernels inlined, as far as there is C of them, where the struct of the layer is a constant. */
function specialised({ manifest }: CompiledFolder): Variant {
  const head = 'static const qmcu_map *compute_rows(';
  const edits = { [`${manifest.name}_model.c`]: [[head, `__attribute__((flatten)) ${head}`]] } as const;
  return { ...LINK_TIME, edits };
}

async function compiled<T>(
  network: Network,
  choices: Partial<CompileOptions>,
  use: (dir: string, folder: CompiledFolder) => Promise<T>,
): Promise<T> {
  return withTemporaryFolder(async (scratch) => {
    const fixed = { target: TARGET, method: 'int8', recipe: [], limit: CALIBRATION_INPUTS } as const;
    await compileNetwork(testdata, network, scratch, { ...fixed, board: 'emulator', ...choices });
    const dir = path.join(scratch, 'model');
    return use(dir, await openCompiledFolder(dir));
  });
}

async function count(dir: string, variant: Variant, expected: Counted): Promise<Counted> {
  const counted = await countVariant(dir, variant);
  if (Buffer.compare(counted.outputs, expected.outputs) !== 0)
    throw new Error('a variant computes otherwise');
  return counted;
}

const totalOf = ({ layers }: Counted): number => sum(layers);
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)}%`;

const REPACKING_COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'schedule', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'for depthwise layers', align: 'right' },
  { heading: 'for pointwise ones behind them', align: 'right' },
  { heading: 'for others', align: 'right' },
  { heading: 'within blocks', align: 'right' },
  { heading: 'largest map between', align: 'right' },
];

/** What laying out takes, by layer the difference that laying out twice makes. */
async function repackingRow(
  network: Network,
  name: string,
  choices: Partial<CompileOptions>,
): Promise<readonly string[]> {
  return compiled(network, choices, async (dir, { manifest, reference: { model, memory } }) => {
    const known = new Set(manifest.files.map((file) => file.path));
    const edits = Object.fromEntries(Object.entries(LAID_OUT_TWICE).filter(([file]) => known.has(file)));
    const once = await countVariant(dir, AS_IT_IS);
    const twice = await count(dir, { edits, flags: [] }, once);
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
    const between = depthwise.map(({ inputs }) => memory.maps[inputs[0]!]!);
    const largest = Math.max(...between.map(({ rowBytes, ringRows }) => rowBytes * ringRows));
    process.stderr.write(`${network.title}, ${name}: ${percent(planes + pairs, totalOf(once))}\n`);
    return [
      network.title,
      name,
      ...[totalOf(once), planes, pairs, rest].map(formatCount),
      percent(planes + pairs, totalOf(once)),
      `${formatCount(largest)} B`,
    ];
  });
}

const SPECIALISED_COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'options', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'flash', align: 'right' },
  { heading: '`-flto`', align: 'right' },
  { heading: 'flash', align: 'right' },
  { heading: 'every layer by itself', align: 'right' },
  { heading: 'flash', align: 'right' },
];

const LAYER_COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'kernel', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: '`-flto`', align: 'right' },
  { heading: 'by itself', align: 'right' },
];

interface Specialised {
  readonly row: readonly string[];
  /** Of the first layer of each kernel. */
  readonly layers: readonly (readonly string[])[];
}

async function specialisedRow(
  network: Network,
  name: string,
  choices: Partial<CompileOptions>,
): Promise<Specialised> {
  return compiled(network, choices, async (dir, folder) => {
    const plain = await countVariant(dir, AS_IT_IS);
    const variants = [await count(dir, LINK_TIME, plain), await count(dir, specialised(folder), plain)];
    const change = (after: number, before: number): string =>
      `${after > before ? '+' : '−'}${percent(Math.abs(after - before), before)}`;
    const flash = plain.memory.flash.total;
    const { layers } = folder.manifest;
    const firsts = layers.filter(
      ({ kernel, macs }, id) => macs > 0 && layers.findIndex((other) => other.kernel === kernel) === id,
    );
    process.stderr.write(`${network.title}, ${name}: ${variants.map(totalOf).join(', ')}\n`);
    return {
      row: [
        network.title,
        name,
        formatCount(totalOf(plain)),
        `${formatCount(flash)} B`,
        ...variants.flatMap((variant) => [
          change(totalOf(variant), totalOf(plain)),
          change(variant.memory.flash.total, flash),
        ]),
      ],
      layers: firsts.map((layer) => {
        const id = layers.indexOf(layer);
        const counts = variants.map((variant) => change(variant.layers[id]!, plain.layers[id]!));
        return [layer.name, `\`${layer.kernel}\``, formatCount(plain.layers[id]!), ...counts];
      }),
    };
  });
}

const testdata = await findTestdata();
const repacking: (readonly string[])[] = [];
for (const network of [vww, tinyEngineVww, mobileNetV1, mobileNetV2]) {
  repacking.push(await repackingRow(network, 'rows streamed', STREAM));
  repacking.push(await repackingRow(network, '`--optimize time`', FAST));
}
const built: Specialised[] = [];
for (const network of [kws, resnet8, vww, tinyEngineVww]) {
  built.push(await specialisedRow(network, '`--optimize time`', FAST));
  built.push(await specialisedRow(network, '`--schedule stream --push-rows`', STREAM));
}
/** That of visual wake words, fast: a first layer, depthwise layers and pointwise ones. */
const representative = built[4]!;

await writeSection(
  'account',
  `Instructions on QEMU's Cortex-M4, inputs of random bytes, all variants with the same outputs.

## Words that layers lay out anew

Kernels of the DSP extension multiply pairs of 16-bit values, and maps hold bytes: a depthwise layer lays out planes of its input, a
pointwise one pairs of pixels. What that takes is counted by doing it twice. Were the maps within a block (into a depthwise layer,
and from it into a pointwise one) kept as words, what is below as "within blocks" is the most that could be saved; they would take twice
their bytes, the largest of them those in the last column. A stream that computes row by row lays out each row of a depthwise layer's
input as often as it is read, three times for a kernel of 3x3.

${formatMarkdownTable(REPACKING_COLUMNS, repacking)}

## Kernels compiled for one layer

A kernel reads the struct of its layer. Compiled with \`-flto\` GCC sees which structs there are; told to inline every kernel where it is
called it compiles each layer by itself, its shapes, strides and offsets constants. Inner loops are assembly and stay as they are. Link-time
optimization takes in the harness too, so that the flash beside it is an upper bound. Neither is an option of the
compiler: inlined kernels take more flash than they save time, and \`-flto\` is the choice of whoever builds the C.

${formatMarkdownTable(
  SPECIALISED_COLUMNS,
  built.map(({ row }) => row),
)}

The first layer of each kernel of ${vww.title}, \`--optimize time\`:

${formatMarkdownTable(LAYER_COLUMNS, representative.layers)}`,
);
