import type { Feedback } from '../../host/feedback.ts';
import { elementCount } from '../../ir/geometry.ts';
import { tensorOf, type Graph, type Node } from '../../ir/graph.ts';
import { roundedWeights } from '../../quant/rounded-weights.ts';
import { chooseScales, type QuantizeOptions } from '../../quant/scales.ts';
import { simulateNetwork } from '../../quant/simulate.ts';
import type { CalibrationStatistics } from '../../quant/statistics.ts';
import type { WeightedNode } from '../../ir/weight-layout.ts';
import { forkingStep, prepareForks, type Fork } from '../../reference/float/forks.ts';
import { divergence } from '../../util/divergence.ts';
import { clamp, range, sum } from '../../util/math.ts';
import { mulberry32 } from '../../util/random.ts';
import { costFrom, widest, widthOptions, type WidthChoice } from './choices.ts';
import { sensitivityCache, type BatchSums } from './sensitivity-cache.ts';

/** By choice: how far each width below 8 takes the outputs from those at 8 bits, everything else left at 8, as a mean divergence. */
export type Sensitivities = readonly ReadonlyMap<number, number>[];

/** A network as it is quantized at 8 bits. */
export interface MeasuredNetwork {
  /** Floats, with weights fitted to those maps. */
  readonly graph: Graph;
  readonly statistics: CalibrationStatistics;
  readonly options: QuantizeOptions;
}

/** Inputs to measure on. */
export interface MeasuredInputs {
  readonly count: number;
  /** Real values. */
  readonly sample: (index: number) => Float32Array;
}

/** Multiply-accumulates, with values counted as below, that all forks of all images may take: some minutes. */
const COST_BUDGET = 5e11;
const VALUE_COST = 20;
const FEWEST_IMAGES = 8;
const MOST_IMAGES = 64;
/** Values of the widest node in all images of a batch. */
const BATCH_VALUES = 6e6;
const MOST_BATCH_IMAGES = 16;
/** Floor of a probability in a divergence. */
export const LEAST_PROBABILITY = 1e-6;
/** Weights of more bits than this are not measured: their error, and so their loss, falls by a factor of 4 a bit. */
const WIDEST_MEASURED_WEIGHTS = 4;
const LOSS_RATIO_PER_BIT = 4;

/** One width of one choice. */
interface Measurement {
  readonly key: string;
  readonly choice: number;
  readonly width: number;
  readonly fork: Fork;
}

/**
 * Measures how much the outputs feel each width of each choice by itself, as the mean KL(8 bits ‖ narrowed) over inputs. Against the
 * float network, what 8 bits have lost by themselves would drown it on so few inputs. Every fork shares the run of the 8-bit network up to its first difference. Batches are kept in `cacheFolder` as they
 * are done, from which another run goes on.
 */
export async function measureSensitivities(
  network: MeasuredNetwork,
  inputs: MeasuredInputs,
  choices: readonly WidthChoice[],
  cacheFolder: string,
  feedback: Feedback,
): Promise<Sensitivities> {
  const { graph } = network;
  const simulated = simulateNetwork(graph, chooseScales(graph, network.statistics, network.options));
  const measurements = planMeasurements(network, simulated.graph, choices);
  const costs = measurements.map(({ fork }) => costFrom(graph, forkingStep(graph, fork), VALUE_COST));
  const images = chooseImages(inputs.count, sum(costs));
  const batchImages = imagesABatch(graph);
  const batches = range(Math.ceil(images.length / batchImages)).map((batch) =>
    images.slice(batch * batchImages, (batch + 1) * batchImages),
  );
  const cache = sensitivityCache(cacheFolder, simulated, images.map(inputs.sample), batchImages);
  const known = await cache.load();
  const sums: BatchSums[] = [...known.slice(0, batches.length)];
  const total = sum(costs) * images.length;
  let done = 0;
  const report = (cost: number): void => {
    done += cost;
    feedback.progress('measuring sensitivities', Math.round((100 * done) / total), 100);
  };

  const executor = await prepareForks(
    simulated.graph,
    simulated.storedAs,
    measurements.map(({ fork }) => fork),
  );
  try {
    for (const [index, batch] of batches.entries()) {
      const found = new Map(sums[index]);
      const missing = measurements.map(({ key }) => !found.has(key));
      measurements.forEach((_, i) => {
        if (!missing[i]) done += costs[i]! * batch.length;
      });
      if (missing.includes(true)) {
        const stored = joined(batch.map((image) => simulated.storeInput(inputs.sample(image))));
        const outputs = new Map<string, Float32Array>();
        executor.run(
          stored,
          (fork) => missing[fork]!,
          (fork, output) => {
            if (fork === null) {
              for (const [key, own] of outputs) found.set(key, divergenceSum(output, own, batch.length));
            } else {
              outputs.set(measurements[fork]!.key, output);
              report(costs[fork]! * batch.length);
            }
          },
        );
        sums[index] = found;
        await cache.save(sums);
      }
    }
  } finally {
    executor.dispose();
  }
  const meanOf = (key: string): number => sum(sums.map((batch) => batch.get(key)!)) / images.length;
  return sensitivitiesOf(choices, measurements, meanOf);
}

function planMeasurements(
  { graph, statistics, options }: MeasuredNetwork,
  simulated: Graph,
  choices: readonly WidthChoice[],
): readonly Measurement[] {
  const scalesAt = rememberByWidth((width: number) => {
    const { bits } = widthOptions(
      choices,
      widest(choices).map(() => width),
    );
    return chooseScales(graph, statistics, { ...options, bits });
  });
  return choices.flatMap((choice, index) =>
    measuredWidths(choice).map((width): Measurement => {
      if (choice.kind === 'maps') {
        const { affines } = scalesAt(width);
        const fork = { kind: 'maps', affines: new Map(choice.tensors.map((t) => [t, affines[t]!])) } as const;
        return { key: `map ${choice.tensors[0]} ${width}`, choice: index, width, fork };
      }
      const node = simulated.nodes[choice.node] as WeightedNode;
      const replace = (input: Float32Array): Node => roundedWeights(node, graph, width, input);
      const fork = { kind: 'node', node: choice.node, replace } as const;
      return { key: `weights ${choice.node} ${width}`, choice: index, width, fork };
    }),
  );
}

function measuredWidths({ kind, widths }: WidthChoice): readonly number[] {
  if (kind === 'maps') return widths;
  const narrowest = widths.at(-1)!;
  return widths.filter((width) => width <= Math.max(narrowest, WIDEST_MEASURED_WEIGHTS));
}

/** Losses are no smaller than those of wider widths: what says otherwise is chance. */
function sensitivitiesOf(
  choices: readonly WidthChoice[],
  measurements: readonly Measurement[],
  meanOf: (key: string) => number,
): Sensitivities {
  return choices.map(({ widths }, index) => {
    const own = new Map(
      measurements.filter(({ choice }) => choice === index).map(({ key, width }) => [width, meanOf(key)]),
    );
    const widestMeasured = Math.max(...own.keys());
    let largest = 0;
    return new Map(
      widths.map((width) => {
        const loss =
          own.get(width) ?? own.get(widestMeasured)! / LOSS_RATIO_PER_BIT ** (width - widestMeasured);
        largest = Math.max(largest, loss);
        return [width, largest];
      }),
    );
  });
}

function rememberByWidth<T>(make: (width: number) => T): (width: number) => T {
  const made = new Map<number, T>();
  return (width) => {
    const known = made.get(width) ?? make(width);
    made.set(width, known);
    return known;
  };
}

/** As many inputs as the budget allows, in an order that does not follow the classes. */
function chooseImages(count: number, cost: number): readonly number[] {
  const random = mulberry32(count);
  const shuffled = range(count)
    .map((image) => ({ image, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ image }) => image);
  return shuffled.slice(0, clamp(Math.floor(COST_BUDGET / cost), FEWEST_IMAGES, MOST_IMAGES));
}

export function imagesABatch(graph: Graph): number {
  const widestNode = Math.max(
    ...graph.nodes.map((node) =>
      sum([...node.inputs, node.output].map((tensor) => elementCount(tensorOf(graph, tensor).shape))),
    ),
  );
  return clamp(Math.floor(BATCH_VALUES / widestNode), 1, MOST_BATCH_IMAGES);
}

/** One sample after the other. */
export function joined(samples: readonly Float32Array[]): Float32Array {
  const length = samples[0]!.length;
  const all = new Float32Array(length * samples.length);
  samples.forEach((sample, i) => {
    all.set(sample, i * length);
  });
  return all;
}

/** Of the outputs of `count` inputs, one after the other. */
function divergenceSum(wanted: Float32Array, output: Float32Array, count: number): number {
  const length = output.length / count;
  const of = (outputs: Float32Array, i: number): Float32Array =>
    outputs.subarray(i * length, (i + 1) * length);
  return sum(range(count).map((i) => divergence(of(wanted, i), of(output, i), LEAST_PROBABILITY)));
}
