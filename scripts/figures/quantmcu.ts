/** Prints what the method quantmcu gains and costs into docs/quantmcu.md. */
import { compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import type { CompileReport } from '../../src/report/compile-report.ts';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { sum } from '../../src/util/math.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { compileNetwork, evaluateNetwork, verifyNetwork } from './measured.ts';
import { findTestdata, networks, tinyEngineVww, type Network } from './testdata.ts';

type Choices = Partial<CompileOptions>;

/** One compilation of a network, measured. */
interface Figures {
  readonly compiled: CompileReport;
  /** On an emulated Cortex-M4. */
  readonly verified: VerifyReport;
  readonly judged: EvaluateReport;
}

const DEVICE_INPUTS = 4;
const CORES = ['cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55'];
const folder = await findTestdata();

/** Compiles a network, proves the C equal to the integer executor on QEMU, and judges it by all test inputs. */
async function measure(network: Network, choices: Choices): Promise<Figures> {
  return withTemporaryFolder(async (scratch) => {
    const compiled = await compileNetwork(folder, network, scratch, choices);
    const verified = await verifyNetwork(folder, network, compiled.outDir, DEVICE_INPUTS);
    const judged = await evaluateNetwork(folder, network, compiled.outDir, null);
    process.stderr.write(`${network.title}: ${JSON.stringify(choices)}\n`);
    return { compiled, verified, judged };
  });
}

/** Instructions of the method on every core, and how many patches the device found to be outliers in each input. */
async function measureOnCores(network: Network): Promise<readonly string[]> {
  const cores: VerifyReport[] = [];
  for (const target of CORES) {
    await withTemporaryFolder(async (scratch) => {
      const { outDir } = await compileNetwork(folder, network, scratch, { method: 'quantmcu', target });
      cores.push(await verifyNetwork(folder, network, outDir, DEVICE_INPUTS));
    });
  }
  const outliers = cores[0]!.classes.map((classes) => classes.filter((kind) => kind === 'outlier').length);
  const patches = cores[0]!.classes[0]?.length ?? 0;
  return [
    network.title,
    ...cores.map(({ instructions }) => formatCount(instructions!.perInference)),
    patches === 0 ? '–' : `${outliers.join(', ')} of ${patches}`,
  ];
}

/** The patch stage that a compilation chose, for the same one at 8 bits; null where it has none. */
function stageOf({ segments }: CompileReport): Pick<CompileOptions, 'split'> | null {
  const last = segments.find(({ kind }) => kind === 'patch')?.nodes.at(-1);
  return last === undefined ? null : { split: last.replace(/@(outlier|regular)$/, '') };
}

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'compiled as', align: 'left' },
  { heading: 'outliers', align: 'right' },
  { heading: 'BitOPs vs 8-bit layers', align: 'right' },
  { heading: 'vs 8-bit patches', align: 'right' },
  { heading: 'arena planned', align: 'right' },
  { heading: 'RAM measured', align: 'right' },
  { heading: 'instructions', align: 'right' },
  { heading: 'float', align: 'right' },
  { heading: 'quantized', align: 'right' },
  { heading: 'drop ± std. error (n)', align: 'right' },
  { heading: 'search', align: 'right' },
];

function row(title: string, what: string, { compiled, verified, judged }: Figures): readonly string[] {
  const { bitops, outlierShares, arenaBytes, seconds } = compiled;
  const share = sum(outlierShares) / outlierShares.length;
  return [
    title,
    what,
    outlierShares.length === 0 ? '–' : `${(100 * share).toFixed(0)} %`,
    `${bitops.reductionVsLayer8.toFixed(2)}×`,
    `${bitops.reductionVsPatch8.toFixed(2)}×`,
    `${formatCount(arenaBytes)} B`,
    `${formatCount(verified.ram?.total ?? 0)} B`,
    formatCount(verified.instructions?.perInference ?? 0),
    `${judged.top1.float!.toFixed(2)} %`,
    `${judged.top1.quantized!.toFixed(2)} %`,
    `${judged.drop!.toFixed(2)} ± ${judged.dropStdErr!.toFixed(2)} (${judged.n})`,
    `${seconds.search.toFixed(1)} s`,
  ];
}

/** What a figure says against the method, in words. */
function complaints(title: string, method: Figures, layers: Figures): readonly string[] {
  const { bitops } = method.compiled;
  const instructions =
    method.verified.instructions!.perInference / layers.verified.instructions!.perInference;
  const ram = method.verified.ram!.total / layers.verified.ram!.total;
  return [
    ...(bitops.reductionVsLayer8 < 1.05
      ? [
          `${title}: no BitOPs to speak of are saved against 8 bits layer by layer (${bitops.reductionVsLayer8.toFixed(2)}×); the halo eats what the narrow maps save.`,
        ]
      : []),
    ...(instructions > 1 ? [`${title}: it takes ${instructions.toFixed(2)} times the instructions.`] : []),
    ...(ram > 1 ? [`${title}: it takes ${ram.toFixed(2)} times the RAM.`] : []),
    ...(method.judged.drop! > 1 ? [`${title}: it loses ${method.judged.drop!.toFixed(2)} points.`] : []),
  ];
}

const METHOD_NETWORKS = [...networks, tinyEngineVww];
const rows: (readonly string[])[] = [];
const found: string[] = [];
for (const network of METHOD_NETWORKS) {
  const layers = await measure(network, { schedule: 'layer' });
  const method = await measure(network, { method: 'quantmcu' });
  rows.push(row(network.title, 'int8, layer by layer', layers));
  const stage = stageOf(method.compiled);
  if (stage !== null) {
    const grid = Math.round(Math.sqrt(method.compiled.outlierShares.length));
    const patches = { rows: grid, columns: grid };
    rows.push(
      row('', 'int8, same patches', await measure(network, { schedule: 'patch', patches, ...stage })),
    );
  }
  rows.push(row('', stage === null ? 'quantmcu (no patch stage pays)' : 'quantmcu', method));
  found.push(...complaints(network.title, method, layers));
}

const onCores: (readonly string[])[] = [];
for (const network of METHOD_NETWORKS) onCores.push(await measureOnCores(network));

const swept: (readonly string[])[] = [];
for (const phi of [0.9, 0.94, 0.96, 0.99]) {
  for (const lambda of [0.2, 0.4, 0.5]) {
    const figures = await measure(networks[0]!, { method: 'quantmcu', phi, lambda });
    swept.push(row(String(phi), String(lambda), figures));
  }
}
swept.push(
  row(
    '0.94',
    '0.4, bits 8, 4, 2',
    await measure(networks[0]!, { method: 'quantmcu', phi: 0.94, bits: [8, 4, 2] }),
  ),
);

const sweptColumns = [
  { heading: 'φ', align: 'left' },
  { heading: 'λ', align: 'left' },
  ...COLUMNS.slice(2),
] as const;
const coreColumns: readonly Column[] = [
  { heading: 'network', align: 'left' },
  ...CORES.map((heading) => ({ heading, align: 'right' }) as const),
  { heading: 'outliers in each input', align: 'right' },
];
await writeBytes(
  packagePath('docs', 'quantmcu.md'),
  `# The method quantmcu

Patches whose input holds values outside the central mass φ keep 8 bits; the maps of all others get the widths that VDQS chooses. BitOPs
are MACs × weight bits × input-map bits, halo included, weighted by the share of outlier patches on the calibration inputs. RAM and
instructions: the firmware on QEMU's Cortex-M4 (${DEVICE_INPUTS} inputs, each bit-exact with the integer executor). Accuracy: the same C on the
host. φ = ${compileDefaults.phi}, λ = ${compileDefaults.lambda}, widths 8 and 4 where nothing else is said. Printed by \`npm run figures:quantmcu\`.

${formatMarkdownTable(COLUMNS, rows)}

## What does not pay

${found.map((line) => `- ${line}`).join('\n')}

## On every core

Instructions of an inference on QEMU, every output and every decision equal to the integer executor's, and the patches that the device
decided to be outliers in each of ${DEVICE_INPUTS} inputs.

${formatMarkdownTable(coreColumns, onCores)}

## φ and λ on ${networks[0]!.title}

φ is a share of a Gaussian fitted to all values of the input. Where the input saturates, as bytes do, the thresholds can fall outside what a
byte can hold, and then no patch is an outlier: the column says so with 0 %.

${formatMarkdownTable(sweptColumns, swept)}
`,
);
