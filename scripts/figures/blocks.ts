/** Measures what block-wise reconstruction adds to the recipe, and prints it into docs/blocks.md; arguments as in kept.ts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { cpuSeconds } from '../../src/host/clock.ts';
import { fileSystem, writeBytes } from '../../src/host/files.ts';
import { openModel } from '../../src/host/model-source.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { isQuantized, tensorOf, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { toFloatGraph } from '../../src/normalise/requantize.ts';
import { preprocessInputs } from '../../src/quant/ports.ts';
import type { BlockErrors } from '../../src/quant/recipe/blocks/reconstruct-block.ts';
import { refineNetwork } from '../../src/quant/recipe/refine.ts';
import { FULL_RECIPE, type RecipeStep } from '../../src/quant/recipe/steps.ts';
import { chooseScales } from '../../src/quant/scales.ts';
import { simulateNetwork } from '../../src/quant/simulate.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { readModel } from '../../src/readers/index.ts';
import type { PortInputs } from '../../src/readers/inputs/input-set.ts';
import { firstClassOf, readIntegers, readLabels } from '../../src/readers/inputs/labels.ts';
import { loadGraphInputs } from '../../src/readers/inputs/load.ts';
import { holdOut, judge, type HeldOut } from '../../src/search/widths/quality.ts';
import { mean } from '../../src/util/means.ts';
import { range } from '../../src/util/math.ts';
import { formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { KeptFigures } from './kept.ts';
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

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'widths', align: 'left' },
  { heading: 'n', align: 'right' },
  { heading: 'KL, layers', align: 'right' },
  { heading: 'KL, blocks', align: 'right' },
  { heading: 'points lost, layers', align: 'right' },
  { heading: 'points lost, blocks', align: 'right' },
  { heading: 'own error', align: 'right' },
  { heading: 'blocks kept', align: 'right' },
  { heading: 'error left', align: 'right' },
  { heading: 'CPU s, layers', align: 'right' },
  { heading: 'CPU s, blocks', align: 'right' },
];
const WIDTHS = [
  { title: 'W4A8', weights: 4, maps: 8 },
  { title: 'W8A4', weights: 8, maps: 4 },
] as const;
const NETWORKS = [tinyEngineVww, kws, vww, resnet8, mobileNetV1, mobileNetV2] as const;

interface Subject {
  readonly graph: Graph;
  readonly calibration: PortInputs;
  readonly count: number;
  readonly heldOut: HeldOut;
}

async function openSubject(folder: string, network: Network): Promise<Subject> {
  const model = normalise(await readModel(await openModel(path.join(folder, network.floatModel))));
  const graph = isQuantized(model) ? toFloatGraph(model) : model;
  const load = (file: string) => loadGraphInputs(path.join(folder, file), '--calibration', graph, fileSystem);
  const calibration = await load(network.calibration);
  const count = Math.min(calibration.count, network.calibrationLimit ?? Infinity);
  const data = await load(network.data);
  const labels = readLabels(readFileSync(path.join(folder, network.labels)), network.labels, data.count);
  const calibrated = new Set(
    network.skipPositions !== null
      ? readIntegers(readFileSync(path.join(folder, network.skipPositions)), network.skipPositions)
      : network.data === network.calibration
        ? range(count)
        : [],
  );
  const firstClass = firstClassOf(tensorOf(graph, graph.outputs[0]!.tensor).shape.c, labels);
  const judged = range(data.count).filter((i) => !calibrated.has(i));
  const heldOut = await holdOut(
    graph,
    judged.map((i) => preprocessInputs(data, i, network)[0]!.slice()),
    judged.map((i) => labels[i]! + firstClass),
  );
  return { graph, calibration, count, heldOut };
}

/** A network at a pair of widths. */
interface Figures {
  readonly title: string;
  readonly widths: string;
  readonly n: number;
  readonly layers: Outcome;
  readonly blocks: Outcome;
  readonly errors: readonly BlockErrors[];
}

interface Outcome {
  readonly kl: number;
  readonly klStdErr: number;
  readonly drop: number;
  readonly dropStdErr: number;
  readonly cpuSeconds: number;
}

type Widths = (typeof WIDTHS)[number];

async function measure(subject: Subject, network: Network, widths: Widths): Promise<Figures> {
  const { graph, calibration, count, heldOut } = subject;
  const sample = (i: number): readonly Float32Array[] =>
    preprocessInputs(calibration, i, network).map((values) => values.slice());
  const statistics = await collectStatistics(graph, count, sample, undefined, { byChannel: true });
  const options = {
    rounding: 'single',
    rawTypes: calibration.sets.map(({ type }) => type),
    preprocessing: network,
    weightBits: new Map(graph.nodes.map(({ id }) => [id, widths.weights])),
    bits: new Map(graph.tensors.map(({ id }) => [id, widths.maps])),
  } as const;
  const outcome = async (recipe: readonly RecipeStep[]) => {
    const start = cpuSeconds();
    const found = await refineNetwork(graph, statistics, options, new Set(recipe), { count, sample });
    const seconds = cpuSeconds() - start;
    const { weightSteps, narrowed = new Map() } = found;
    const scales = chooseScales(found.graph, statistics, { ...options, weightSteps, narrowed });
    const { kl, klStdErr, drop, dropStdErr } = await judge(simulateNetwork(found.graph, scales), heldOut);
    return { quality: { kl, klStdErr, drop, dropStdErr, cpuSeconds: seconds }, errors: found.blocks };
  };
  const layers = await outcome(FULL_RECIPE);
  const blocks = await outcome([...FULL_RECIPE, 'blocks']);
  return {
    title: network.title,
    widths: widths.title,
    n: heldOut.inputs.length,
    layers: layers.quality,
    blocks: blocks.quality,
    errors: blocks.errors,
  };
}

function rowOf({ title, widths, n, layers, blocks, errors }: Figures): string[] {
  const kept = errors.filter(({ before, after }) => after < before);
  const shareOf = (part: (of: BlockErrors) => number): string =>
    `${(100 * mean(errors.map((of) => part(of) / of.before))).toFixed(1)} %`;
  const both = [layers, blocks];
  return [
    title,
    widths,
    String(n),
    ...both.map(({ kl, klStdErr }) => `${kl.toFixed(4)} ± ${klStdErr.toFixed(4)}`),
    ...both.map(({ drop, dropStdErr }) => `${drop.toFixed(2)} ± ${dropStdErr.toFixed(2)}`),
    shareOf(({ own }) => own),
    `${kept.length} of ${errors.length}`,
    shareOf(({ after }) => after),
    ...both.map((outcome) => outcome.cpuSeconds.toFixed(0)),
  ];
}

const folder = await findTestdata();
const keyOf = ({ title, widths }: Pick<Figures, 'title' | 'widths'>): string => `${title} ${widths}`;
const figures = await KeptFigures.open<Figures>('blocks', keyOf);

for (const network of NETWORKS) {
  const { title } = network;
  const wanted = WIDTHS.filter((widths) => figures.wants(title, keyOf({ title, widths: widths.title })));
  if (wanted.length === 0) continue;
  const subject = await openSubject(folder, network);
  for (const widths of wanted) {
    const found = await measure(subject, network, widths);
    await figures.keep(found);
    process.stderr.write(`${rowOf(found).join('  ')}\n`);
  }
}
const rows = NETWORKS.flatMap((network) =>
  WIDTHS.flatMap((widths) =>
    figures.all.filter((found) => found.title === network.title && found.widths === widths.title).map(rowOf),
  ),
);
await writeBytes(packagePath('docs', 'blocks.md'), page(rows));

function page(table: readonly (readonly string[])[]): string {
  const titles = NETWORKS.filter(({ title }) => figures.all.every((known) => known.title !== title)).map(
    ({ title }) => title,
  );
  const missing = titles.length === 0 ? '' : `\nNot measured yet: ${titles.join('; ')}.\n`;
  return `# Block-wise reconstruction

\`--recipe reconstruct,skip,gptq,bias,ranges,blocks\`: when the layers of a block are fitted one by one, they are trained together, so
that the block's output, behind its addition, is what it is in floating point (Li et al., BRECQ). A block ends at the first cut behind
three layers with weights: an inverted bottleneck, a residual unit, some layers of a chain; what is left over at the end of the network
joins the last block, whose target are the logits. Biases, and weights of 8 bits, follow their gradients (Adam) through the rounding of
the maps, which half of the values are spared by chance (Wei et al., QDrop). Weights below 8 bits start from GPTQ and change by
single steps: those of which slope and curvature of the block's loss promise most, where other samples than they were chosen by confirm
it. Large maps are seen in tiles. Every fourth image is held out, and a block that does not gain on these keeps the weights of its layers.

Below, all layers and maps at one pair of widths (weights W, maps A; ports keep 8 bits), by the full recipe without this step ("layers")
and with it ("blocks"): KL(float ‖ quantized) and points of top-1 lost, each ± its standard error, on n inputs that nothing was fitted
to, by simulation of the integers in floating point. Of the squared error that held-out images have at the end of a block whose layers
were fitted one by one, on average over the blocks: "own error" is the share that would remain if the block were given the float
network's maps, "error left" what remains when it is trained. CPU: the whole recipe. Printed by \`npm run figures:blocks\` (\`-- DS-CNN ResNet\`: only these anew).
${missing}
${formatMarkdownTable(COLUMNS, table)}

The blocks' errors hardly fall. Of what the output of an inverted bottleneck lacks, most has arrived with its input, along the additions
above all, and cannot be known from it; what remains is the rounding of the block's own maps and weights, of which ridge regression on
the quantized input and GPTQ leave little that weights can make good. The outputs come closer to the float network's on some networks
and move away on others, each time by about the error of measurement, at many times the cost of the rest of the recipe: so the
step is part of no recipe that is chosen by itself.

Tried and given up, in trials that no script repeats: AdaRound's annealed roundings, which in some hundred steps ended above the error that GPTQ starts from;
straight-through training of rounded weights, which gains a little at first and loses more later; and training the whole network by its
logits, where held-out errors rise while those of the training fall: a hundred images are too few.
`;
}
