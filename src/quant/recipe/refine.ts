import {
  NO_CLAMP,
  outputOf,
  tensorOf,
  type Clamp,
  type Graph,
  type Node,
  type NodeId,
  type TensorId,
} from '../../ir/graph.ts';
import { mapOf } from '../../ir/quant-model.ts';
import type { Affine } from '../../ir/quantization.ts';
import { clamp } from '../../util/math.ts';
import { chooseInputEncoding } from '../input-port.ts';
import { StatisticsCollector } from '../histogram.ts';
import { quantizeModel, type QuantizeOptions } from '../quantize-model.ts';
import { affineOfStatistics } from '../scales.ts';
import { groupBySharedQuantization, startsGroup } from '../shared.ts';
import type { CalibrationStatistics } from '../statistics.ts';
import type { WeightedNode } from '../../ir/weight-layout.ts';
import { findBlocks, type Block } from './blocks/find-blocks.ts';
import { reconstructBlock, type BlockErrors } from './blocks/reconstruct-block.ts';
import { fitLayer, type FittedLayer } from './fit-layer.ts';
import { imageCount } from './image-count.ts';
import { isWeighted, runningNode, withFit, withIntegers, withoutClamp } from './node-runs.ts';
import { nodesComputing } from './nodes-computing.ts';
import { samplePositions } from './positions.ts';
import { skipBeside } from './skip.ts';
import { realOfStored, storeValues } from './stored-maps.ts';
import type { Recipe } from './steps.ts';

/** Inputs that the recipe runs on: the real values of each graph input. */
export interface RecipeSamples {
  readonly count: number;
  readonly sample: (index: number) => readonly Float32Array[];
}

/** A network to quantize in place of the one that was given. */
export interface RefinedNetwork {
  /** With fitted weights and biases. */
  readonly graph: Graph;
  /** The nodes that were fitted. */
  readonly nodes: ReadonlySet<NodeId>;
  /** For `QuantizeOptions`. */
  readonly weightSteps: ReadonlyMap<NodeId, Float64Array>;
  /** For `QuantizeOptions`: of maps whose range was chosen anew. */
  readonly narrowed?: ReadonlyMap<TensorId, Affine>;
  /** Of the blocks that were trained together. */
  readonly blocks: readonly BlockErrors[];
}

/** A map in both networks, by image. */
interface TwinMaps {
  readonly float: Float32Array[];
  readonly stored: Int8Array[];
}

/** What a walk reports, and how far it goes. */
export interface RefineOptions {
  readonly onProgress?: (nodesDone: number, nodes: number) => void;
  /** Fit only what this tensor is computed from; everything by default. */
  readonly until?: TensorId;
}

/**
 * Walks the network from its input on, in floating point and quantized side by side: each layer with weights is fitted
 * to what the quantized layers before it give it, quantized, and run to give the next ones their input.
 */
export async function refineNetwork(
  graph: Graph,
  statistics: CalibrationStatistics,
  options: QuantizeOptions,
  recipe: Recipe,
  samples: RecipeSamples,
  { onProgress, until }: RefineOptions = {},
): Promise<RefinedNetwork> {
  const walk = new Walk(graph, statistics, options, recipe, samples);
  const walked = until === undefined ? graph.nodes : nodesComputing(graph, until);
  for (const [done, node] of walked.entries()) {
    onProgress?.(done, walked.length);
    await walk.pass(node);
  }
  const { fits } = walk;
  const fitted = (node: Node): Node => {
    const fit = fits.get(node.id);
    return isWeighted(node) && fit !== undefined ? withFit(node, fit) : node;
  };
  return {
    graph: { ...graph, nodes: graph.nodes.map(fitted) },
    nodes: new Set(fits.keys()),
    narrowed: walk.narrowed,
    blocks: walk.blockErrors,
    weightSteps: new Map(
      [...fits].flatMap(([node, { weightSteps }]) => (weightSteps === null ? [] : [[node, weightSteps]])),
    ),
  };
}

/** Both networks up to a node. */
class Walk {
  readonly fits = new Map<NodeId, FittedLayer>();
  readonly #graph: Graph;
  readonly #options: QuantizeOptions;
  readonly #recipe: Recipe;
  readonly #images: number;
  /** By tensor. */
  readonly #affines: Affine[];
  readonly narrowed = new Map<TensorId, Affine>();
  readonly blockErrors: BlockErrors[] = [];
  readonly #groups: readonly (readonly TensorId[])[];
  /** Those that a node still reads. */
  readonly #maps = new Map<TensorId, TwinMaps>();
  readonly #offsets = new Map<TensorId, Float64Array>();
  readonly #blocks: readonly Block[];

  constructor(
    graph: Graph,
    statistics: CalibrationStatistics,
    options: QuantizeOptions,
    recipe: Recipe,
    samples: RecipeSamples,
  ) {
    const plain = quantizeModel(graph, statistics, options);
    this.#graph = graph;
    this.#options = options;
    this.#recipe = recipe;
    this.#affines = graph.tensors.map(({ id }) => mapOf(plain, id).affine);
    this.#groups = groupBySharedQuantization(graph, new Map());
    this.#blocks = recipe.has('blocks') ? findBlocks(graph) : [];
    this.#images = imageCount(graph, this.#blocks, samples.count);
    this.#readInputs(samples);
  }

  #readInputs({ count, sample }: RecipeSamples): void {
    const { rawTypes, preprocessing } = this.#options;
    for (const [index, port] of this.#graph.inputs.entries()) {
      const encoding = chooseInputEncoding(this.#graph, port, rawTypes[index]!, preprocessing);
      if (encoding.kind === 'raw-bytes') this.#offsets.set(port.tensor, encoding.offset);
      this.#maps.set(port.tensor, { float: [], stored: [] });
    }
    for (let image = 0; image < this.#images; image++) {
      const values = sample(Math.floor((image * count) / this.#images));
      this.#graph.inputs.forEach(({ tensor }, port) => {
        const { float, stored } = this.#maps.get(tensor)!;
        float.push(values[port]!);
        stored.push(storeValues(values[port]!, this.#affines[tensor]!, this.#offsets.get(tensor)));
      });
    }
  }

  /** Runs a node in both networks; fits its weights in between, if it has any. */
  async pass(node: Node): Promise<void> {
    const float = isWeighted(node) ? await this.#fit(node) : await this.#runFloat(node);
    const outputs = await this.#runQuantized(node);
    if (this.#recipe.has('ranges')) this.#chooseRange(node, outputs);
    this.#maps.set(node.output, { float, stored: this.#store(node, outputs) });
    const block = this.#blocks.find(({ nodes }) => nodes.at(-1) === node);
    if (block !== undefined) await this.#reconstruct(block);
    for (const tensor of this.#maps.keys()) {
      const isRead = this.#graph.nodes.some((other) => other.id > node.id && other.inputs.includes(tensor));
      const isKept = this.#blocks.some(({ input, nodes }) => input === tensor && nodes.at(-1)!.id > node.id);
      if (!isRead && !isKept) this.#maps.delete(tensor);
    }
  }

  /** Trains the layers of a block together, and runs its quantized nodes again if that was worth it. */
  async #reconstruct(block: Block): Promise<void> {
    const input = this.#maps.get(block.input)!;
    const output = this.#maps.get(block.output)!;
    const { fits, errors } = reconstructBlock(this.#graph, block, this.fits, {
      input,
      targets: output.float,
      affines: this.#affines,
      offset: this.#offsets.get(block.input) ?? null,
    });
    this.blockErrors.push(errors);
    if (fits === null) return;
    for (const [node, fit] of fits) this.fits.set(node, fit);
    for (const node of block.nodes) {
      const float = this.#maps.get(node.output)?.float ?? [];
      const stored = this.#store(node, await this.#runQuantized(node));
      this.#maps.set(node.output, { float, stored });
    }
  }

  async #runFloat(node: Node): Promise<Float32Array[]> {
    const inputs = this.#inputsOf(node);
    const outputs: Float32Array[] = [];
    await runningNode(this.#graph, node, (run) => {
      for (let image = 0; image < this.#images; image++) {
        outputs.push(run(inputs.map(({ float }) => float[image]!)));
      }
    });
    return outputs;
  }

  async #fit(node: WeightedNode): Promise<Float32Array[]> {
    const { shape } = outputOf(this.#graph, node);
    const sampled = samplePositions(shape, this.#images, node.id);
    const outputs = await this.#runFloat(withoutClamp(node));
    const values = new Float32Array(sampled.positions.length * shape.c);
    const skip = this.#recipe.has('skip') ? this.#skipErrors(node) : null;
    sampled.positions.forEach(({ image, y, x }, row) => {
      const from = (y * shape.w + x) * shape.c;
      values.set(outputs[image]!.subarray(from, from + shape.c), row * shape.c);
      if (skip !== null) addTo(values, row * shape.c, skip(image, from, shape.c));
    });
    const [input] = node.inputs;
    const fit = fitLayer(
      node,
      this.#graph,
      {
        maps: this.#maps.get(input!)!.stored,
        affine: this.#affines[input!]!,
        offset: this.#offsets.get(input!) ?? null,
      },
      { rows: sampled.positions.length, columns: shape.c, values },
      sampled,
      this.#options.weightBits?.get(node.id) ?? 8,
      this.#recipe,
    );
    this.fits.set(node.id, fit);
    for (const output of outputs) applyClamp(output, node.clamp);
    return outputs;
  }

  /** Chooses anew how a map below 8 bits is stored, by what the quantized network makes of it. */
  #chooseRange({ output }: Node, values: readonly Float32Array[]): void {
    const group = this.#groups[output]!;
    const { bits } = this.#affines[output]!;
    if (bits === 8 || !startsGroup(this.#graph, output, group)) return;
    const collector = new StatisticsCollector(tensorOf(this.#graph, output).shape.c);
    for (const real of values) collector.add(real);
    const affine = affineOfStatistics(this.#graph, group, collector.statistics, bits);
    for (const member of group) {
      this.#affines[member] = affine;
      this.narrowed.set(member, affine);
    }
  }

  /**
   * What the quantized network lacks in the other summand of the addition that alone reads a layer: by image, `length`
   * values from `from` on. Null where there is none, or it is not computed yet.
   */
  #skipErrors(node: WeightedNode): SkipErrors | null {
    const other = skipBeside(this.#graph, node);
    const maps = other === null ? undefined : this.#maps.get(other);
    if (other === null || maps === undefined) return null;
    const { scale, zeroPoint } = this.#affines[other]!;
    return (image, from, length) => {
      const [float, stored] = [maps.float[image]!, maps.stored[image]!];
      return Float32Array.from({ length }, (_, c) => {
        const channel = scale.length === 1 ? 0 : c;
        return float[from + c]! - scale[channel]! * (stored[from + c]! - zeroPoint[channel]!);
      });
    };
  }

  /** The values of a node's output before they are stored. */
  async #runQuantized(node: Node): Promise<Float32Array[]> {
    const inputs = this.#inputsOf(node);
    const affines = [...new Set(node.inputs)].map((tensor) => this.#affines[tensor]!);
    const own = isWeighted(node)
      ? withIntegers(node, this.#graph, this.fits.get(node.id)!, affines[0]!.scale)
      : node;
    const outputs: Float32Array[] = [];
    await runningNode(this.#graph, own, (run) => {
      for (let image = 0; image < this.#images; image++) {
        outputs.push(run(inputs.map(({ stored }, i) => realOfStored(stored[image]!, affines[i]!))));
      }
    });
    return outputs;
  }

  #store({ output }: Node, values: readonly Float32Array[]): Int8Array[] {
    return values.map((real) => storeValues(real, this.#affines[output]!));
  }

  #inputsOf(node: Node): readonly TwinMaps[] {
    return [...new Set(node.inputs)].map((tensor) => this.#maps.get(tensor)!);
  }
}

/** By image, `length` values (a whole pixel) from `from` on. */
type SkipErrors = (image: number, from: number, length: number) => Float32Array;

function addTo(values: Float32Array, at: number, more: Float32Array): void {
  for (let i = 0; i < more.length; i++) values[at + i]! += more[i]!;
}

function applyClamp(values: Float32Array, { min, max }: Clamp): void {
  if (min === NO_CLAMP.min && max === NO_CLAMP.max) return;
  for (let i = 0; i < values.length; i++) values[i] = clamp(values[i]!, min, max);
}
