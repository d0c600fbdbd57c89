/**
 * Measures what the method search reaches into docs/search.json, and prints it into docs/search.md. Arguments choose networks by
 * parts of their titles; the figures of the others stay.
 */
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { evaluate } from '../../src/evaluate.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { kindOfPath, readText, withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import type { CompileReport } from '../../src/report/compile-report.ts';
import { range } from '../../src/util/math.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { verify } from '../../src/verify.ts';
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
}

/** One compilation of a network, measured. */
interface Figures {
  readonly title: string;
  /** Null: 8 bits throughout. */
  readonly goal: (Goal & { readonly kind: 'must' | 'reach' }) | null;
  readonly reduction: number;
  readonly drop: number;
  readonly dropStdErr: number;
  readonly n: number;
  readonly kl: number;
  readonly agreement: number;
  /** Measured on an emulated Cortex-M4, rows pushed. */
  readonly ramBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
  readonly searchSeconds: number;
  readonly searchCpuSeconds: number;
  /** On the calibration inputs held out. */
  readonly heldOutKl: number | null;
}

const SUBJECTS: readonly Subject[] = [
  { network: resnet8, must: { reduction: 2.3, points: 0.7 }, reach: { reduction: 3.3, points: 1 } },
  { network: vww, must: { reduction: 2.2, points: 0.5 }, reach: { reduction: 4, points: 1 } },
  { network: kws, must: { reduction: 2.2, points: 1 }, reach: { reduction: 4, points: 1 } },
  { network: tinyEngineVww, must: { reduction: 1.5, points: 1 }, reach: { reduction: 2.2, points: 1 } },
  { network: mobileNetV1, must: { reduction: 1.5, points: 2 }, reach: { reduction: 2.2, points: 1 } },
  { network: mobileNetV2, must: { reduction: 1.2, points: 1.5 }, reach: { reduction: 2.2, points: 1 } },
];
const DEVICE_INPUTS = 2;
/** Keyword spotting calibrates on the first inputs of the set that it is judged by. */
const KWS_CALIBRATION_INPUTS = 100;

const folder = await findTestdata();
const kept = packagePath('docs', 'search.json');
const wanted = process.argv.slice(2);
let figures: readonly Figures[] =
  (await kindOfPath(kept)) === 'file' ? (JSON.parse(await readText(kept)) as readonly Figures[]) : [];

for (const { network, must, reach } of SUBJECTS) {
  if (wanted.length > 0 && !wanted.some((part) => network.title.includes(part))) continue;
  const goals = [null, { ...must, kind: 'must' }, { ...reach, kind: 'reach' }] as const;
  for (const goal of goals) {
    const found = await measure(network, goal);
    const isReplaced = (old: Figures): boolean =>
      old.title === found.title && old.goal?.kind === found.goal?.kind;
    figures = [...figures.filter((old) => !isReplaced(old)), found];
    await writeBytes(kept, `${JSON.stringify(figures, null, 2)}\n`);
    process.stderr.write(`${rowOf(found).join('  ')}\n`);
  }
}
await writeBytes(packagePath('docs', 'search.md'), page());

/** Compiles a network, proves the C equal to the integer executor on QEMU, and judges it by inputs that nothing was fitted to. */
async function measure(network: Network, goal: Figures['goal']): Promise<Figures> {
  return withTemporaryFolder(async (scratch) => {
    const out = path.join(scratch, 'model');
    const inputs = path.join(folder, network.data);
    const { mean, std } = network;
    const compiled: CompileReport = await compile(
      {
        ...compileDefaults,
        model: path.join(folder, network.floatModel),
        target: 'cortex-m4',
        out,
        calibration: path.join(folder, network.calibration),
        limit: network.calibrationLimit,
        mean,
        std,
        requantize: network === tinyEngineVww,
        schedule: 'stream',
        pushRows: true,
        minBitopsReduction: goal?.reduction ?? null,
      },
      noFeedback,
    );
    const device = {
      dir: out,
      on: null,
      board: 'emulator',
      inputs,
      limit: DEVICE_INPUTS,
      perLayer: false,
    } as const;
    const verified = await verify(device, noFeedback);
    if (!verified.bitExact) throw new Error(`${network.title}: the C differs from the integer executor`);
    const judged = await evaluate(
      {
        model: out,
        data: inputs,
        labels: path.join(folder, network.labels),
        mean,
        std,
        labelOffset: null,
        skipPositions: await skippedPositions(network, scratch),
        limit: null,
      },
      noFeedback,
    );
    return {
      title: network.title,
      goal,
      reduction: compiled.bitops.reductionVsLayer8,
      drop: judged.drop!,
      dropStdErr: judged.dropStdErr!,
      n: judged.n,
      kl: judged.kl!,
      agreement: judged.agreement!,
      ramBytes: verified.ram!.total,
      flashBytes: verified.flash!.total,
      instructions: verified.instructions!.perInference,
      searchSeconds: compiled.seconds.search,
      searchCpuSeconds: compiled.seconds.searchCpu,
      heldOutKl: compiled.search?.quality.kl ?? null,
    };
  });
}

/** A file with the positions of inputs that were calibrated on; null where these are no part of the set. */
async function skippedPositions(network: Network, scratch: string): Promise<string | null> {
  if (network.skipPositions !== null) return path.join(folder, network.skipPositions);
  if (network !== kws) return null;
  const file = path.join(scratch, 'calibrated.npy');
  const header = `{'descr': '<i4', 'fortran_order': False, 'shape': (${KWS_CALIBRATION_INPUTS},), }`.padEnd(
    117,
  );
  const bytes = Int32Array.from(range(KWS_CALIBRATION_INPUTS));
  await writeBytes(
    file,
    Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]),
      Buffer.from(`${header}\n`, 'latin1'),
      Buffer.from(bytes.buffer),
    ]),
  );
  return file;
}

function rowOf(found: Figures): readonly string[] {
  const { goal, reduction, drop, dropStdErr, n, kl, agreement, ramBytes, flashBytes, instructions } = found;
  return [
    found.title,
    goal === null ? '8 bits' : `${goal.kind}: ${goal.reduction}× ≤ ${goal.points}`,
    `${reduction.toFixed(2)}×`,
    `${drop.toFixed(2)} ± ${dropStdErr.toFixed(2)} (${n})`,
    goal === null
      ? ''
      : drop <= goal.points
        ? 'yes'
        : drop - dropStdErr <= goal.points
          ? 'within the error'
          : 'no',
    kl.toFixed(4),
    `${(100 * agreement).toFixed(1)} %`,
    `${formatCount(ramBytes)} B`,
    `${formatCount(flashBytes)} B`,
    formatCount(instructions),
    goal === null ? '' : `${found.searchSeconds.toFixed(0)} (${found.searchCpuSeconds.toFixed(0)})`,
  ];
}

function page(): string {
  const columns: readonly Column[] = [
    { heading: 'network', align: 'left' },
    { heading: 'goal', align: 'left' },
    { heading: 'BitOPs fewer', align: 'right' },
    { heading: 'drop ± std. error (n)', align: 'right' },
    { heading: 'reached', align: 'left' },
    { heading: 'KL', align: 'right' },
    { heading: 'agreement', align: 'right' },
    { heading: 'RAM', align: 'right' },
    { heading: 'flash', align: 'right' },
    { heading: 'instructions', align: 'right' },
    { heading: 'search, s (CPU)', align: 'right' },
  ];
  const order = SUBJECTS.map(({ network }) => network.title);
  const kinds = [undefined, 'must', 'reach'];
  const sorted = [...figures].sort(
    (a, b) =>
      order.indexOf(a.title) - order.indexOf(b.title) ||
      kinds.indexOf(a.goal?.kind) - kinds.indexOf(b.goal?.kind),
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

"Must" and "reach" are goals: so many times fewer BitOPs than at 8 bits, at so many points of top-1. Accuracy: the compiled C on the host,
on inputs that nothing was fitted to (visual wake words: only 64 of them, worth ±2 points). RAM, flash and instructions: the firmware on
QEMU's Cortex-M4, rows pushed, \`--schedule stream\`, ${DEVICE_INPUTS} inputs, each bit-exact with the integer executor. BitOPs are no
instructions: see the column. Printed by \`npm run figures:frontier\` (\`-- KWS ResNet\`: only these anew).

${formatMarkdownTable(
  columns,
  sorted.map((found) => rowOf(found)),
)}
`;
}
