/** Measures what the method search reaches, and prints it into docs/search.md; arguments as in kept.ts. */
import path from 'node:path';
import type { CompileOptions } from '../../src/compile.ts';
import { evaluate } from '../../src/evaluate.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { range } from '../../src/util/math.ts';
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

/** So many times fewer BitOPs for so many points at most. */
interface Goal {
  readonly reduction: number;
  readonly points: number;
}

interface Subject {
  readonly network: Network;
  readonly must: Goal;
  readonly reach: Goal;
  /** RAM in all, with rows pushed. */
  readonly ramBytes: number;
}

/** What a network is compiled to: patches of 8 bits are what its stage would be without all of this. */
type Kind = 'patches' | '8 bits' | 'must' | 'reach';

/** What was found by searching, and by judging. */
interface Judged {
  readonly drop: number;
  readonly dropStdErr: number;
  readonly n: number;
  readonly kl: number;
  readonly agreement: number;
}

/** One compilation of a network, measured. */
interface Figures {
  readonly title: string;
  readonly kind: Kind;
  readonly bitOps: number;
  /** Measured on an emulated Cortex-M4. */
  readonly ramBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
  /** Null of patches, whose outputs are those of the 8 bits. */
  readonly judged: Judged | null;
  readonly searchSeconds: number;
  readonly searchCpuSeconds: number;
  /** On the calibration inputs held out. */
  readonly heldOutKl: number | null;
}

const KB = 1024;

const SUBJECTS: readonly Subject[] = [
  {
    network: resnet8,
    must: { reduction: 2.3, points: 0.7 },
    reach: { reduction: 3.3, points: 1 },
    ramBytes: 16 * KB,
  },
  {
    network: vww,
    must: { reduction: 2.2, points: 0.5 },
    reach: { reduction: 4, points: 1 },
    ramBytes: 16 * KB,
  },
  {
    network: kws,
    must: { reduction: 2.2, points: 1 },
    reach: { reduction: 4, points: 1 },
    ramBytes: 14 * KB,
  },
  {
    network: tinyEngineVww,
    must: { reduction: 1.5, points: 1 },
    reach: { reduction: 2.2, points: 1 },
    ramBytes: 18 * KB,
  },
  {
    network: mobileNetV1,
    must: { reduction: 1.5, points: 2 },
    reach: { reduction: 2.2, points: 1 },
    ramBytes: 55 * KB,
  },
  {
    network: mobileNetV2,
    must: { reduction: 1.2, points: 1.5 },
    reach: { reduction: 2.2, points: 1 },
    ramBytes: 140 * KB,
  },
];
const KINDS: readonly Kind[] = ['patches', '8 bits', 'must', 'reach'];
const DEVICE_INPUTS = 2;
/** Keyword spotting calibrates on the first inputs of the set that it is judged by. */
const KWS_CALIBRATION_INPUTS = 100;

const folder = await findTestdata();
const keyOf = ({ title, kind }: Pick<Figures, 'title' | 'kind'>): string => `${title} ${kind}`;
const figures = await KeptFigures.open<Figures>('search', keyOf);

const tasks = SUBJECTS.flatMap((subject) => KINDS.map((kind) => ({ subject, kind })));
for (const { subject, kind } of tasks) {
  const { title } = subject.network;
  if (!figures.wants(title, keyOf({ title, kind }))) continue;
  const found = await measure(subject, kind);
  await figures.keep(found);
  process.stderr.write(`${rowOf(subject, found).join('  ')}\n`);
}
await writeBytes(packagePath('docs', 'search.md'), page());

/** Compiles a network, proves the C equal to the integer executor on QEMU, and judges it by inputs that nothing was fitted to. */
async function measure(subject: Subject, kind: Kind): Promise<Figures> {
  const { network } = subject;
  return withTemporaryFolder(async (scratch) => {
    const compiled = await compileNetwork(folder, network, scratch, choicesFor(subject, kind));
    const dir = path.join(scratch, 'model');
    const verified = await verifyNetwork(folder, network, dir, DEVICE_INPUTS);
    return {
      title: network.title,
      kind,
      bitOps: compiled.bitops.total,
      ramBytes: verified.ram!.total,
      flashBytes: verified.flash!.total,
      instructions: verified.instructions!.perInference,
      judged: kind === 'patches' ? null : await judge(network, dir),
      searchSeconds: compiled.seconds.search,
      searchCpuSeconds: compiled.seconds.searchCpu,
      heldOutKl: compiled.search?.quality.kl ?? null,
    };
  });
}

function choicesFor({ must, reach, ramBytes }: Subject, kind: Kind): Partial<CompileOptions> {
  if (kind === 'patches') return { method: 'int8', schedule: 'patch' };
  const streamed = { schedule: 'stream', pushRows: true, maxRam: ramBytes - BESIDE_ARENA_BYTES } as const;
  if (kind === '8 bits') return { ...streamed, method: 'int8' };
  return { ...streamed, minBitopsReduction: (kind === 'must' ? must : reach).reduction };
}

async function judge(network: Network, dir: string): Promise<Judged> {
  const { data, labels, mean, std, skipPositions } = network;
  const own = network === kws ? range(KWS_CALIBRATION_INPUTS) : null;
  const { drop, dropStdErr, n, kl, agreement } = await evaluate(
    {
      model: dir,
      data: path.join(folder, data),
      labels: path.join(folder, labels),
      mean,
      std,
      labelOffset: null,
      skipPositions: skipPositions === null ? own : path.join(folder, skipPositions),
      limit: null,
    },
    noFeedback,
  );
  return { drop: drop!, dropStdErr: dropStdErr!, n, kl: kl!, agreement: agreement! };
}

function rowOf(subject: Subject, found: Figures): readonly string[] {
  const { kind, ramBytes, flashBytes, instructions, judged } = found;
  const goal = kind === 'must' ? subject.must : kind === 'reach' ? subject.reach : null;
  const reductionFrom = (other: Kind, bitOps: number): number | null => {
    const base = figures.all.find((one) => one.title === found.title && one.kind === other);
    return base === undefined ? null : base.bitOps / bitOps;
  };
  const times = (reduction: number | null): string => (reduction === null ? '' : `${reduction.toFixed(2)}×`);
  return [
    found.title,
    goal === null ? (kind === 'patches' ? '8 bits in patches' : kind) : goalOf(kind, goal),
    times(reductionFrom('8 bits', found.bitOps)),
    times(reductionFrom('patches', found.bitOps)),
    judged === null ? '' : `${judged.drop.toFixed(2)} ± ${judged.dropStdErr.toFixed(2)} (${judged.n})`,
    goal === null || judged === null ? '' : isReached(judged, goal),
    judged === null ? '' : judged.kl.toFixed(4),
    judged === null ? '' : `${(100 * judged.agreement).toFixed(1)} %`,
    `${formatCount(ramBytes)} B${kind !== 'patches' && ramBytes > subject.ramBytes ? ' (too much)' : ''}`,
    `${formatCount(flashBytes)} B`,
    formatCount(instructions),
    goal === null ? '' : `${found.searchSeconds.toFixed(0)} (${found.searchCpuSeconds.toFixed(0)})`,
  ];
}

function goalOf(kind: Kind, { reduction, points }: Goal): string {
  return `${kind}: ${reduction}× ≤ ${points}`;
}

/** The search has seen to the reduction. */
function isReached({ drop, dropStdErr }: Judged, { points }: Goal): string {
  return drop <= points ? 'yes' : drop - dropStdErr <= points ? 'within the error' : 'no';
}

/** The goals that there are no figures for yet. */
function missing(): string {
  const open = tasks.filter(
    ({ subject, kind }) =>
      !figures.all.some((one) => one.title === subject.network.title && one.kind === kind),
  );
  if (open.length === 0) return '';
  return `\nNot measured yet: ${open.map(({ subject, kind }) => `${subject.network.title} (${kind})`).join('; ')}.\n`;
}

function page(): string {
  const columns: readonly Column[] = [
    { heading: 'network', align: 'left' },
    { heading: 'goal', align: 'left' },
    { heading: 'BitOPs fewer than layer by layer', align: 'right' },
    { heading: 'than in patches', align: 'right' },
    { heading: 'drop ± std. error (n)', align: 'right' },
    { heading: 'reached', align: 'left' },
    { heading: 'KL', align: 'right' },
    { heading: 'agreement', align: 'right' },
    { heading: 'RAM', align: 'right' },
    { heading: 'flash', align: 'right' },
    { heading: 'instructions', align: 'right' },
    { heading: 'search, s (CPU)', align: 'right' },
  ];
  const rows = SUBJECTS.flatMap((subject) =>
    KINDS.flatMap((kind) =>
      figures.all
        .filter((one) => one.title === subject.network.title && one.kind === kind)
        .map((one) => rowOf(subject, one)),
    ),
  );
  return `# The method search

Every map may have 8, 4 or 2 bits, the weights of every layer 8 to 4. From the network at 8 bits KL(8 bits ‖ narrowed) on the
outputs is measured for each width of each map and layer by itself, on up to 64 calibration inputs; each of these runs shares what
comes before its first difference. Then whatever costs least divergence for the BitOPs that it saves (for \`--max-ram\`: for each byte of
the maps in memory at the peak; for \`--max-flash\`: for each byte of weights) is narrowed until the budgets hold. The network is
quantized anew at these widths, with and without ridge reconstruction, and the better one kept, judged by a quarter of the calibration
inputs that neither the search nor the recipe sees.

| asked | what happens |
|---|---|
| nothing | 8 bits throughout; no search |
| \`--max-ram\`, \`--max-flash\` | 8 bits where they fit, else as few bits as it takes |
| \`--min-bitops-reduction\` | the least loss at that reduction |
| \`--max-kl\`, \`--max-drop\` beside these | limits on what that may cost, or exit code 3 with the nearest point |
| \`--max-kl\`, \`--max-drop\` alone | as few BitOPs as they allow |
| \`--method search\` alone | as \`--max-kl\` of 0.03 more than at 8 bits |

\`--max-drop\` counts by \`--labels\`. Without labels it is what the float network's own probabilities expect: where the two differ, how
much more probable the float network holds its own choice to be. Sensitivities are kept (\`--cache\`), batch by batch: a search that was
stopped goes on from there, and one for another budget starts from them.

## What it reaches

"Must" and "reach" are goals: so many times fewer BitOPs than at 8 bits layer by layer, at so many points of top-1. Savings are stated
twice: over the 8 bits layer by layer (or by rows, which compute nothing again either) and over the 8 bits in patches that
\`--schedule patch\` makes of the same network, halo included: where patches compute most of a network many times (keyword spotting,
ResNet-8) the second figure says more of them than of the search. Accuracy: the compiled C on the host, on inputs that nothing
was fitted to (visual wake words: only 64 of them, worth ±2 points). RAM, flash and instructions: the firmware on QEMU's Cortex-M4, rows pushed,
\`--schedule stream\`, within ${SUBJECTS.map(({ ramBytes }) => ramBytes / KB).join(', ')} KB in all; ${DEVICE_INPUTS} inputs, each bit-exact with the integer executor. BitOPs are no
instructions: see the column. Printed by \`npm run figures:frontier\` (\`-- KWS ResNet\`: only these anew).
${missing()}
${formatMarkdownTable(columns, rows)}
`;
}
