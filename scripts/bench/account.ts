/**
 * Counts what kernels compiled for the constants of each layer would buy, and writes it into docs/performance.md:
 * `npm run bench:account`.
 */
import type { CompileOptions } from '../../src/compile.ts';
import type { CompiledFolder } from '../../src/emit/compiled-folder.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { findTestdata, kws, resnet8, tinyEngineVww, vww, type Network } from '../figures/testdata.ts';
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

/** The harness calls this by name, from assembly. */
const LINK_TIME: Variant = { edits: {}, flags: ['-flto', '-Wl,-u,report_fault'] };

/** Kernels inlined, as far as there is C of them, where the struct of the layer is a constant. */
function specialised({ manifest }: CompiledFolder): Variant {
  const head = 'static const qmcu_map *compute_rows(';
  const edits = { [`${manifest.name}_model.c`]: [[head, `__attribute__((flatten)) ${head}`]] } as const;
  return { ...LINK_TIME, edits };
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
  return compiledVariants(testdata, network, choices, async (dir, folder) => {
    const plain = await countVariant(dir, AS_IT_IS);
    const variants = [
      await countAlike(dir, LINK_TIME, plain),
      await countAlike(dir, specialised(folder), plain),
    ];
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
