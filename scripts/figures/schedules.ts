/** Measures networks of 8 bits under each schedule, and prints them into docs/schedules.md; arguments as in kept.ts. */
import type { CompileOptions } from '../../src/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { KeptFigures } from './kept.ts';
import { BESIDE_ARENA_BYTES, compileNetwork, verifyNetwork } from './measured.ts';
import {
  findTestdata,
  kws,
  mobileNetV1,
  mobileNetV2,
  resnet8,
  tinyEngineVww,
  vww,
  type Network,
} from './testdata.ts';

const KB = 1024;

/** A network, and the RAM in which it is to run with its rows pushed. */
interface Subject {
  readonly network: Network;
  readonly goalBytes: number;
  /** Limits on the arena that are tried with rows pulled, which strips and patches ask for again. */
  readonly pulled: readonly number[];
}

const SUBJECTS: readonly Subject[] = [
  { network: mobileNetV2, goalBytes: 140 * KB, pulled: [96 * KB, 80 * KB, 64 * KB, 16 * KB] },
  { network: mobileNetV1, goalBytes: 55 * KB, pulled: [16 * KB] },
  { network: tinyEngineVww, goalBytes: 18 * KB, pulled: [] },
  { network: vww, goalBytes: 16 * KB, pulled: [] },
  { network: resnet8, goalBytes: 16 * KB, pulled: [] },
  { network: kws, goalBytes: 14 * KB, pulled: [] },
];
const CORES = ['cortex-m7', 'cortex-m33', 'cortex-m55'];
const DEVICE_INPUTS = 2;
/** Weights and ranges have no say in what is measured here. */
const CALIBRATION_INPUTS = 8;
const PUSHED = { schedule: 'stream', pushRows: true } as const;

/** One compilation, measured; `problem`: why there is none. */
interface Figures {
  readonly title: string;
  readonly target: string;
  readonly flags: string;
  readonly problem: string | null;
  readonly segments: string;
  readonly arenaBytes: number;
  readonly ramBytes: number;
  readonly macs: number;
  readonly instructions: number;
}

const FIGURE_COLUMNS: readonly Column[] = [
  { heading: 'options', align: 'left' },
  { heading: 'chosen', align: 'left' },
  { heading: 'arena', align: 'right' },
  { heading: 'RAM', align: 'right' },
  { heading: 'MACs', align: 'right' },
  { heading: 'instructions', align: 'right' },
];

const folder = await findTestdata();
const keyOf = ({ title, target, flags }: Pick<Figures, 'title' | 'target' | 'flags'>): string =>
  `${title} ${target} ${flags}`;
const figures = await KeptFigures.open<Figures>('schedules', keyOf);

for (const subject of SUBJECTS) await addEach(subject.network, 'cortex-m4', goalChoices(subject));
for (const target of CORES) for (const { network } of SUBJECTS) await addEach(network, target, [PUSHED]);
for (const subject of SUBJECTS) await addEach(subject.network, 'cortex-m4', otherChoices(subject));
await writeBytes(packagePath('docs', 'schedules.md'), page());

function goalChoices({ goalBytes }: Subject): readonly Partial<CompileOptions>[] {
  return [PUSHED, { ...PUSHED, maxRam: goalBytes - BESIDE_ARENA_BYTES, method: 'int8' }];
}

function otherChoices({ pulled }: Subject): readonly Partial<CompileOptions>[] {
  const again = { schedule: 'auto', pullRows: true } as const;
  return [
    ...pulled.map((bytes) => ({ ...again, method: 'int8' as const, maxRam: bytes - BESIDE_ARENA_BYTES })),
    { ...again, optimize: 'size' },
    { schedule: 'layer' },
    { schedule: 'patch' },
    { schedule: 'stream' },
    { schedule: 'stream', pullRows: true },
    { ...PUSHED, optimize: 'size' },
    { schedule: 'auto' },
    { schedule: 'auto', optimize: 'size' },
  ];
}

async function addEach(
  network: Network,
  target: string,
  each: readonly Partial<CompileOptions>[],
): Promise<void> {
  const { title } = network;
  for (const choices of each) {
    if (!figures.wants(title, keyOf({ title, target, flags: flagsOf(choices) }))) continue;
    const found = await measure(network, target, choices);
    await figures.keep(found);
    process.stderr.write(`${title} ${target} ${rowOf(found).join('  ')}\n`);
  }
}

/** Compiles a network and proves the C equal to the integer executor on QEMU. What cannot be done, and why, is a result too. */
async function measure(network: Network, target: string, choices: Partial<CompileOptions>): Promise<Figures> {
  const nothing = { segments: '', arenaBytes: 0, ramBytes: 0, macs: 0, instructions: 0 };
  const named = { title: network.title, target, flags: flagsOf(choices) };
  try {
    return await withTemporaryFolder(async (scratch) => {
      const compiled = await compileNetwork(folder, network, scratch, {
        ...choices,
        recipe: [],
        limit: CALIBRATION_INPUTS,
        target,
        board: 'emulator',
      });
      const { ram, instructions } = await verifyNetwork(folder, network, compiled.outDir, DEVICE_INPUTS);
      return {
        ...named,
        problem: null,
        segments: [...new Set(compiled.segments.map(({ kind }) => kind))].join(', '),
        arenaBytes: compiled.arenaBytes,
        ramBytes: ram!.total,
        macs: compiled.macsWithHalo,
        instructions: instructions!.perInference,
      };
    });
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const { code, message } = error.diagnostics[0]!;
    return { ...named, ...nothing, problem: `${code}: ${message}` };
  }
}

function flagsOf({ schedule, pushRows, pullRows, optimize, maxRam }: Partial<CompileOptions>): string {
  return [
    `--schedule ${schedule!}`,
    ...(pushRows === true ? ['--push-rows'] : []),
    ...(pullRows === true ? ['--pull-rows'] : []),
    ...(optimize === undefined ? [] : [`--optimize ${optimize}`]),
    ...(maxRam == null ? [] : [`--max-ram ${maxRam}`]),
  ].join(' ');
}

function rowOf(found: Figures): readonly string[] {
  const { flags, problem, segments, arenaBytes, ramBytes, macs, instructions } = found;
  return problem === null
    ? [
        `\`${flags}\``,
        segments,
        ...[`${formatCount(arenaBytes)} B`, `${formatCount(ramBytes)} B`],
        ...[formatCount(macs), formatCount(instructions)],
      ]
    : [`\`${flags}\``, problem, '', '', '', ''];
}

function onTarget(target: string): readonly Figures[] {
  return figures.all.filter((found) => found.target === target);
}

/** The goal, and of the figures with rows pushed the one by plain options, and the fewest instructions within the goal. */
function goalRow({ network: { title }, goalBytes }: Subject): readonly string[] {
  const pushed = onTarget('cortex-m4').filter(
    (own) => own.title === title && own.flags.includes('--push-rows'),
  );
  const plain = pushed.find(({ flags }) => flags === flagsOf(PUSHED));
  const [best] = pushed
    .filter(({ problem, ramBytes }) => problem === null && ramBytes <= goalBytes)
    .sort((a, b) => a.instructions - b.instructions);
  const verdict = (found: Figures | undefined): string =>
    found === undefined
      ? 'not reached'
      : `${formatCount(found.ramBytes)} B, ${formatCount(found.instructions)}`;
  return [
    title,
    `${formatCount(goalBytes)} B`,
    verdict(plain),
    best === plain && best !== undefined ? 'the same' : verdict(best),
    best === undefined ? 'no' : 'yes',
  ];
}

function page(): string {
  const goalColumns: readonly Column[] = [
    { heading: 'network', align: 'left' },
    { heading: 'goal', align: 'right' },
    { heading: `\`${flagsOf(PUSHED)}\``, align: 'right' },
    { heading: 'fastest within the goal', align: 'right' },
    { heading: 'reached', align: 'left' },
  ];
  const coreColumns: readonly Column[] = [
    { heading: 'network', align: 'left' },
    ...['cortex-m4', ...CORES].map((heading) => ({ heading, align: 'right' }) as const),
  ];
  const cores = SUBJECTS.map(({ network: { title } }) => [
    title,
    ...['cortex-m4', ...CORES].map((target) => {
      const found = onTarget(target).find((own) => own.title === title && own.flags === flagsOf(PUSHED));
      return found === undefined || found.problem !== null
        ? ''
        : `${formatCount(found.ramBytes)} B, ${formatCount(found.instructions)}`;
    }),
  ]);
  const tables = SUBJECTS.map(({ network: { title } }) => {
    const own = onTarget('cortex-m4')
      .filter((found) => found.title === title)
      .sort((a, b) => Number(a.problem !== null) - Number(b.problem !== null) || a.ramBytes - b.ramBytes);
    return `### ${title}\n\n${formatMarkdownTable(
      FIGURE_COLUMNS,
      own.map((found) => rowOf(found)),
    )}`;
  });
  return `# Schedules, measured

Networks of 8 bits as firmware on QEMU, ${DEVICE_INPUTS} inputs each, every output equal to the integer executor's. RAM: arena, context, static
data and the stack that was used, as \`quantmcu verify\` prints them; KB are 1024 bytes. MACs as executed, halos included. Networks
are calibrated on few inputs and without the recipe, on which none of these figures depends. No schedule changes a single
output, so none loses accuracy: see accuracy.md for what 8 bits lose. Printed by \`npm run figures:schedules\`
(\`-- KWS ResNet\`: these anew).

## Goals: RAM with rows pushed

${formatMarkdownTable(
  goalColumns,
  SUBJECTS.map((subject) => goalRow(subject)),
)}

RAM and instructions, on a Cortex-M4. A limit on the arena in the tables below is the goal less ${formatCount(BESIDE_ARENA_BYTES)} bytes for all else.

## Streams on every core

\`${flagsOf(PUSHED)}\`: RAM and instructions.

${formatMarkdownTable(coreColumns, cores)}

## Every schedule, on a Cortex-M4

${tables.join('\n\n')}
`;
}
