import { describe, expect, it } from 'vitest';
import { tensorOf, type Graph, type NodeId } from '../../src/ir/graph.ts';
import { realValues } from '../../src/ir/constant.ts';
import { weightLayout, type WeightedNode } from '../../src/ir/weight-layout.ts';
import { normalise } from '../../src/normalise/index.ts';
import { affine } from '../../src/quant/range.ts';
import type { BlockSample } from '../../src/quant/recipe/blocks/block-loss.ts';
import { findBlocks } from '../../src/quant/recipe/blocks/find-blocks.ts';
import { reconstructBlock } from '../../src/quant/recipe/blocks/reconstruct-block.ts';
import type { FittedLayer } from '../../src/quant/recipe/fit-layer.ts';
import { isWeighted, withConstants } from '../../src/quant/recipe/node-runs.ts';
import { refineNetwork } from '../../src/quant/recipe/refine.ts';
import type { RecipeStep } from '../../src/quant/recipe/steps.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { quantizeWeights } from '../../src/quant/weights.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { floatModel, sampleOf as imageOf } from '../support/float-models.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

const INPUTS = 2;
const HIDDEN = 4;
const PIXELS = 16;
const IMAGES = 16;
/** One step of every weight. */
const STEP = 0.25;
const INPUT = affine(1 / 64, 0);

/**
 * Two pointwise layers: all hidden channels are 2.5 steps of the first input, and their sum is the output. Rounded by itself, each
 * of them is right as 2 or 3 steps; together half of them must be the one, half the other.
 */
function twins(): Graph {
  const net = new Network('float32', 1);
  const hidden = net.conv(net.input([1, 4, 4, INPUTS]), HIDDEN);
  const graph = normalise(readTfliteGraph(net.write([net.conv(hidden, 1)]), 'twins.tflite'));
  const weights = [[2.5, 0], [1]].map((row) => row.map((steps) => STEP * steps));
  return {
    ...graph,
    nodes: graph.nodes.filter(isWeighted).map((node, layer) => {
      const { length } = realValues(node.weights);
      const values = Float32Array.from({ length }, (_, i) => weights[layer]![i % weights[layer]!.length]!);
      return withConstants(node, values, new Float32Array(layer === 0 ? HIDDEN : 1));
    }),
  };
}

/** What layer by layer came out too large: 8-bit weights by this factor, and those of 4 bits by their rounding. */
const TOO_LARGE = 1.04;

/** What fitting layer by layer has come to. */
function roundedFits(graph: Graph, bits: number): Map<NodeId, FittedLayer> {
  return new Map(
    graph.nodes.filter(isWeighted).map((node, layer) => {
      const inputScale = layer === 0 ? INPUT.scale : HIDDEN_MAP.scale;
      const weights = Float32Array.from(realValues(node.weights), (weight) =>
        bits < 8 ? STEP * Math.round(weight / STEP) : TOO_LARGE * weight,
      );
      const layout = weightLayout(node, graph);
      const bias = new Float32Array(layout.outputChannels);
      const weightSteps = bits < 8 ? new Float64Array(layout.outputChannels).fill(STEP) : null;
      const integer = quantizeWeights(
        { weights, bias, inputScale, inputOffset: null, weightSteps },
        layout,
        bits,
      );
      return [node.id, { weights, bias, weightSteps, integer }];
    }),
  );
}

const HIDDEN_MAP = affine(1 / 100, 0);

/** Random images and what the float network makes of them, `target` of that for each. */
function sampleOf(graph: Graph, target: (sum: number, image: number) => number): BlockSample {
  const random = mulberry32(1);
  const stored = Array.from({ length: IMAGES }, () =>
    Int8Array.from({ length: PIXELS * INPUTS }, () => Math.floor(128 * random()) - 64),
  );
  const float = stored.map((image) => Float32Array.from(image, (value) => value / 64));
  const targets = float.map((image, i) =>
    Float32Array.from({ length: PIXELS }, (_, pixel) =>
      target(HIDDEN * 2.5 * STEP * STEP * image[pixel * INPUTS]!, i),
    ),
  );
  const affines = graph.tensors.map(({ id }) => (id === graph.inputs[0]!.tensor ? INPUT : HIDDEN_MAP));
  return { input: { float, stored }, targets, affines, offset: null };
}

const wholeOf = (graph: Graph) => ({
  nodes: graph.nodes,
  input: graph.inputs[0]!.tensor,
  output: graph.outputs[0]!.tensor,
});
const exact = (sum: number): number => sum;

describe('block-wise reconstruction', () => {
  it('finds roundings that make up for each other', () => {
    const graph = twins();
    const found = reconstructBlock(graph, wholeOf(graph), roundedFits(graph, 4), sampleOf(graph, exact));
    expect(found.errors.after).toBeLessThan(0.05 * found.errors.before);
    const steps = [...found.fits!.values()].map(({ integer }) => [...integer.weights.data]);
    const hidden = steps[0]!.filter((_, i) => i % INPUTS === 0);
    expect(hidden.toSorted()).toEqual([2, 2, 3, 3]);
  });

  it('trains weights of 8 bits', () => {
    const graph = twins();
    const found = reconstructBlock(graph, wholeOf(graph), roundedFits(graph, 8), sampleOf(graph, exact));
    expect(found.errors.after).toBeLessThan(0.5 * found.errors.before);
  });

  it('leaves what images that are held out gain nothing by', () => {
    const graph = twins();
    // Every fourth image wants what layer by layer came out, a little too large for the others.
    for (const [bits, found] of [
      [4, 1.2],
      [8, TOO_LARGE ** 2],
    ] as const) {
      const sample = sampleOf(graph, (sum, image) => (image % 4 === 3 ? 1.001 * found * sum : sum));
      const { fits, errors } = reconstructBlock(graph, wholeOf(graph), roundedFits(graph, bits), sample);
      expect(fits).toBeNull();
      expect(errors.after).toBe(errors.before);
    }
  });

  it('comes to the same again', () => {
    const graph = twins();
    const run = () => reconstructBlock(graph, wholeOf(graph), roundedFits(graph, 8), sampleOf(graph, exact));
    expect(run()).toEqual(run());
  });
});

/** Three inverted bottlenecks, an addition around the second. */
function bottlenecks(): Graph {
  const net = new Network('float32', 1);
  const bottleneck = (from: number, stride: number): number => {
    const wide = net.conv(from, 12, { activation: 'relu6' });
    const deep = net.depthwise(wide, { kernel: [3, 3], stride: [stride, stride], activation: 'relu6' });
    return net.conv(deep, 6);
  };
  const first = bottleneck(net.input([1, 8, 8, 6]), 2);
  const second = net.add(bottleneck(first, 1), first);
  return normalise(readTfliteGraph(net.write([net.softmax(bottleneck(second, 1))]), 'mobile.tflite'));
}

describe('the recipe', () => {
  const images = 24;
  const refine = async (weightBits: number, ...steps: readonly RecipeStep[]) => {
    const graph = bottlenecks();
    const sample = (i: number): readonly Float32Array[] => [imageOf(graph, i)];
    const options = {
      rounding: 'single',
      rawTypes: ['float'],
      preprocessing: { mean: [0], std: [1] },
      weightBits: new Map(graph.nodes.map(({ id }) => [id, weightBits])),
    } as const;
    const statistics = await collectStatistics(graph, images, sample);
    return refineNetwork(graph, statistics, options, new Set(steps), { count: images, sample });
  };

  it('keeps of its blocks what held-out images gain by', async () => {
    const [layers, blocks] = [await refine(3, 'gptq'), await refine(3, 'gptq', 'blocks')];
    expect(layers.blocks).toEqual([]);
    expect(blocks.blocks).toHaveLength(3);
    for (const { before, after } of blocks.blocks) expect(after).toBeLessThanOrEqual(before);
    expect(blocks.blocks.some(({ before, after }) => after < before)).toBe(true);
    // What the first block is given lacks nothing but its rounding.
    const [first] = blocks.blocks;
    expect(first!.own / first!.before).toBeCloseTo(1, 1);
    expect(blocks.graph).not.toEqual(layers.graph);
  });

  it('stores weights of fewer bits as they were trained', async () => {
    const { graph, weightSteps } = await refine(3, 'gptq', 'blocks');
    for (const [id, steps] of weightSteps) {
      const node = graph.nodes[id] as WeightedNode;
      const { at, outputChannels, taps } = weightLayout(node, graph);
      for (let i = 0; i < outputChannels * taps; i++) {
        const channel = Math.floor(i / taps);
        const integer = realValues(node.weights)[at(channel, i % taps)]! / steps[channel]!;
        expect(integer).toBeCloseTo(Math.round(integer), 3);
        expect(Math.abs(integer)).toBeLessThan(3.01);
      }
    }
  });
});

describe('blocks', () => {
  it('end behind an addition, and take in what is left over', () => {
    const graph = floatModel();
    const [first, ...others] = findBlocks(graph);
    expect(others).toEqual([]);
    expect(first!.nodes.map(({ kind }) => kind)).toEqual([
      'conv',
      'depthwise',
      'conv',
      'add',
      'conv',
      'mean',
      'dense',
    ]);
    expect(tensorOf(graph, first!.output).shape.c).toBe(10);
  });

  it('are those of inverted bottlenecks', () => {
    const kinds = findBlocks(bottlenecks()).map(({ nodes }) => nodes.map(({ kind }) => kind));
    const layers = ['conv', 'depthwise', 'conv'];
    expect(kinds).toEqual([layers, [...layers, 'add'], layers]);
  });

  it('stand on both sides of what has no gradient', () => {
    const net = new Network('float32', 1);
    const first = net.conv(net.depthwise(net.conv(net.input([1, 8, 8, 3]), 6), { kernel: [3, 3] }), 6);
    const pooled = net.pool(first, 'max', { kernel: [2, 2], stride: [2, 2] });
    const graph = normalise(readTfliteGraph(net.write([net.dense(net.conv(pooled, 4), 3)]), 'max.tflite'));
    const kinds = findBlocks(graph).map(({ nodes }) => nodes.map(({ kind }) => kind));
    expect(kinds).toEqual([
      ['conv', 'depthwise', 'conv'],
      ['conv', 'dense'],
    ]);
  });
});
