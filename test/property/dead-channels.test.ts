import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { isQuantized, tensorOf, type Graph } from '../../src/ir/graph.ts';
import type { Rounding } from '../../src/ir/quantization.ts';
import { normalise } from '../../src/normalise/index.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { sum } from '../../src/util/math.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { withDeadChannels } from '../support/dead-channels.ts';
import { Network, type Handle, type NetworkType } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { prepareQuantized } from '../support/run-quantized.ts';

/** Float sums of at most a few hundred terms, relative to the largest output. */
const TOLERANCE = 1e-5;

const rowsOf = (net: Network, x: Handle): number => net.shapeOf(x)[1] ?? 1;

const ROUNDINGS: readonly Rounding[] = ['tflite', 'single'];

/** One layer behind another: everything that hands channels on, mixes them or needs them all. */
const steps = {
  pointwise: (net: Network, x: Handle) => net.conv(x, 6, { activation: 'relu' }),
  padded: (net: Network, x: Handle) => net.conv(x, 5, { kernel: [3, 3], activation: 'relu6' }),
  unpadded: (net: Network, x: Handle) =>
    net.conv(x, 5, { kernel: [Math.min(2, rowsOf(net, x)), 1], padding: 'valid' }),
  depthwise: (net: Network, x: Handle) => net.depthwise(x, { kernel: [3, 3], activation: 'relu' }),
  unpaddedDepthwise: (net: Network, x: Handle) =>
    net.depthwise(x, { kernel: [Math.min(2, rowsOf(net, x)), 1], padding: 'valid' }),
  doubled: (net: Network, x: Handle) => net.depthwise(x, { kernel: [3, 3], activation: 'relu6' }, 2),
  pad: (net: Network, x: Handle) => net.pad(x, [1, 0, 0, 1]),
  tanh: (net: Network, x: Handle) => net.pointwise(x, 'TANH'),
  residual: (net: Network, x: Handle) =>
    net.add(x, net.conv(x, net.shapeOf(x)[3] ?? 1, { activation: 'relu' }), 'relu'),
  joined: (net: Network, x: Handle) => net.concat([x, net.conv(x, 3, { activation: 'relu' })]),
  stacked: (net: Network, x: Handle) => net.concat([x, net.depthwise(x, { activation: 'relu' })], 1),
  average: (net: Network, x: Handle) => net.pool(x, 'average', { kernel: [2, 2] }),
  max: (net: Network, x: Handle) => net.pool(x, 'max', { kernel: [2, 2], activation: 'relu' }),
  columns: (net: Network, x: Handle) => {
    const [n = 1, h = 1, w = 1, c = 1] = net.shapeOf(x);
    return net.reshape(x, [n, h, 1, w * c]);
  },
  softmax: (net: Network, x: Handle) => net.softmax(x),
} as const satisfies Record<string, (net: Network, x: Handle) => Handle>;
type Step = keyof typeof steps;

function build(type: NetworkType, seed: number, names: readonly Step[]): Graph {
  const net = new Network(type, seed);
  const last = names.reduce((x, name) => steps[name](net, x), net.input([1, 5, 4, 3]));
  return readTfliteGraph(net.write([net.dense(seed % 2 === 0 ? last : net.mean(last), 3)]), 'random.tflite');
}

const channelsOf = (graph: Graph): number => sum(graph.tensors.map(({ shape }) => shape.c));

/** Asserts that both graphs compute the same of some seeded inputs, floats but for rounding. */
async function expectAlike(actual: Graph, expected: Graph, seed: number): Promise<void> {
  const random = mulberry32(seed);
  const count = elementCount(tensorOf(expected, expected.inputs[0]!.tensor).shape);
  for (let sample = 0; sample < 2; sample++) {
    const values = Float32Array.from({ length: count }, () => random() * 2 - 1);
    const [wanted] = await runFloat(expected, [values]);
    const [got] = await runFloat(actual, [values]);
    const largest = wanted!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    got!.forEach((value, at) => {
      expect(Math.abs(value - wanted![at]!)).toBeLessThanOrEqual(TOLERANCE * largest);
    });
  }
}

/** Asserts that both graphs compute the same integers of some seeded inputs. */
function expectEqual(actual: Graph, expected: Graph, rounding: Rounding, seed: number): void {
  const random = mulberry32(seed);
  const count = elementCount(tensorOf(expected, expected.inputs[0]!.tensor).shape);
  const reference = prepareQuantized(expected, rounding);
  if (reference === null) return;
  for (let sample = 0; sample < 2; sample++) {
    const bytes = Uint8Array.from({ length: count }, () => Math.floor(256 * random()));
    expect(prepareQuantized(actual, rounding)?.([bytes]), rounding).toEqual(reference([bytes]));
  }
}

describe('networks with dead channels', () => {
  it.each<NetworkType>(['float32', 'int8', 'uint8'])('%s: compute the same without them', async (type) => {
    let dropped = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.constantFrom(0.1, 0.5, 0.9),
        fc.array(fc.constantFrom(...(Object.keys(steps) as Step[])), { minLength: 1, maxLength: 6 }),
        async (seed, share, names) => {
          const graph = withDeadChannels(build(type, seed, ['pointwise', ...names]), share, mulberry32(seed));
          checkGraph(graph);
          const normal = normalise(graph);
          dropped += channelsOf(graph) - channelsOf(normal);
          if (isQuantized(graph))
            for (const rounding of ROUNDINGS) expectEqual(normal, graph, rounding, seed);
          else await expectAlike(normal, graph, seed);
        },
      ),
      { numRuns: 80 },
    );
    expect(dropped).toBeGreaterThan(80);
  });
});
