import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { realValues } from '../../src/ir/constant.ts';
import { tensorOf, type Graph } from '../../src/ir/graph.ts';
import type { Affine } from '../../src/ir/quantization.ts';
import { normalise } from '../../src/normalise/index.ts';
import { BlockNetwork } from '../../src/quant/recipe/blocks/block-network.ts';
import type { LayerValues } from '../../src/quant/recipe/blocks/differentiable.ts';
import type { Block } from '../../src/quant/recipe/blocks/find-blocks.ts';
import { wholeTile, type Tile } from '../../src/quant/recipe/blocks/tiles.ts';
import { isWeighted } from '../../src/quant/recipe/node-runs.ts';
import { affine } from '../../src/quant/range.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

const shape = fc.record({
  seed: fc.integer({ min: 1, max: 1000 }),
  stride: fc.constantFrom(1, 2),
  dilation: fc.constantFrom(1, 2),
  padding: fc.constantFrom('same', 'valid'),
  multiplier: fc.constantFrom(1, 2),
  tail: fc.constantFrom('none', 'pool', 'mean', 'dense'),
  tile: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

/** A bottleneck with an addition, and perhaps something behind it. */
function networkOf({ seed, stride, dilation, padding, multiplier, tail }: Shape): Graph {
  const net = new Network('float32', seed);
  const spread = stride === 1 ? dilation : 1;
  const window = { kernel: [3, 2], padding, stride: [stride, stride], dilation: [spread, spread] } as const;
  const first = net.conv(net.input([1, 9, 8, 3]), 6, window);
  const deep = net.depthwise(first, { kernel: [3, 3], activation: 'relu6' }, multiplier);
  const sum = net.add(net.conv(deep, 6), first, 'relu');
  const ends = {
    none: () => sum,
    pool: () => net.pool(sum, 'average', { kernel: [2, 2], stride: [2, 2] }),
    mean: () => net.mean(sum),
    dense: () => net.dense(sum, 5),
  };
  return normalise(readTfliteGraph(net.write([ends[tail]()]), 'float.tflite'));
}

function layersOf(graph: Graph): Map<number, LayerValues> {
  return new Map(
    graph.nodes.filter(isWeighted).map((node) => {
      const weights = Float32Array.from(realValues(node.weights));
      const bias = Float32Array.from(realValues(node.bias!));
      const gradients = { weightGradients: weights.map(() => 0), biasGradients: bias.map(() => 0) };
      return [node.id, { weights, bias, ...gradients }];
    }),
  );
}

/** Every node of a graph. */
function wholeBlock({ nodes, inputs, outputs }: Graph): Block {
  return { nodes, input: inputs[0]!.tensor, output: outputs[0]!.tensor };
}

/** A part of a map by four shares of its extents. */
function tileIn(extent: { readonly h: number; readonly w: number }, [a, b, c, d]: readonly number[]): Tile {
  const rangeIn = (size: number, from: number, length: number) => {
    const start = Math.min(size - 1, Math.floor(from * size));
    return { from: start, to: start + 1 + Math.floor(length * (size - 1 - start)) };
  };
  return { rows: rangeIn(extent.h, a!, b!), columns: rangeIn(extent.w, c!, d!) };
}

/** No value reaches the end of these ranges. */
const wide = (graph: Graph): readonly Affine[] => graph.tensors.map(() => affine(100, 0));
const keepAll = (): boolean => true;

/** Runs a tile of a block on an input map; what the output is. */
function runTile(graph: Graph, network: BlockNetwork, input: Float32Array, tile: Tile) {
  const { w, c } = tensorOf(graph, graph.inputs[0]!.tensor).shape;
  const { tile: read, values } = network.prepare(tile);
  const length = (read.columns.to - read.columns.from) * c;
  for (let y = read.rows.from; y < read.rows.to; y++) {
    const from = (y * w + read.columns.from) * c;
    values.set(input.subarray(from, from + length), (y - read.rows.from) * length);
  }
  return network.forward({ affines: wide(graph), drops: keepAll });
}

function inputOf(graph: Graph, seed: number): Float32Array {
  const random = mulberry32(seed);
  const { h, w, c } = tensorOf(graph, graph.inputs[0]!.tensor).shape;
  return Float32Array.from({ length: h * w * c }, () => 2 * random() - 1);
}

describe('a block', () => {
  it('computes what the float network does, in any tile', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async (of) => {
        const graph = networkOf(of);
        const network = new BlockNetwork(graph, wholeBlock(graph), layersOf(graph));
        const input = inputOf(graph, of.seed);
        const [expected] = await runFloat(graph, [input]);
        const { w, c, ...rest } = tensorOf(graph, graph.outputs[0]!.tensor).shape;
        for (const tile of [wholeTile({ w, c, ...rest }), tileIn({ w, ...rest }, of.tile)]) {
          const { values } = runTile(graph, network, input, tile);
          let i = 0;
          for (let y = tile.rows.from; y < tile.rows.to; y++) {
            for (let at = (y * w + tile.columns.from) * c; at < (y * w + tile.columns.to) * c; at++) {
              expect(values[i++]).toBeCloseTo(expected![at]!, 3);
            }
          }
          expect(i).toBe(values.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the gradients that finite differences have', () => {
    fc.assert(
      fc.property(shape, (of) => {
        const graph = networkOf(of);
        const layers = layersOf(graph);
        const network = new BlockNetwork(graph, wholeBlock(graph), layers);
        const input = inputOf(graph, of.seed);
        const tile = tileIn(tensorOf(graph, graph.outputs[0]!.tensor).shape, of.tile);
        const random = mulberry32(of.seed);
        const slopes = runTile(graph, network, input, tile).values.map(() => random() - 0.5);
        const loss = (): number =>
          runTile(graph, network, input, tile).values.reduce((sum, value, i) => sum + value * slopes[i]!, 0);
        runTile(graph, network, input, tile).gradients!.set(slopes);
        network.backward();
        for (const { weights, bias, weightGradients, biasGradients } of layers.values()) {
          for (const [values, gradients] of [
            [weights, weightGradients],
            [bias, biasGradients],
          ] as const) {
            const i = Math.floor(random() * values.length);
            const own = values[i]!;
            const differenceOver = (step: number): number => {
              values[i] = own + step;
              const above = loss();
              values[i] = own - step;
              const below = loss();
              values[i] = own;
              return (above - below) / (2 * step);
            };
            const [coarse, fine] = [differenceOver(2e-3), differenceOver(1e-3)];
            // Where the two differ, a value crosses the end of a clamp between.
            const tolerance = 2e-3 * (1 + Math.abs(fine)) + 4 * Math.abs(coarse - fine);
            expect(Math.abs(gradients[i]! - fine)).toBeLessThan(tolerance);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
