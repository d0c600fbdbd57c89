import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { isQuantized, tensorOf, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network, type Handle, type NetworkType } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { prepareQuantized } from '../support/run-quantized.ts';

/** Float sums of at most a few hundred terms of magnitude 1, whose order padding may change. */
const TOLERANCE = 1e-5;

/** One layer behind another, in the forms that passes rewrite. */
const steps = {
  conv: (net: Network, x: Handle) => net.conv(x, 4, { kernel: [3, 3] }),
  strided: (net: Network, x: Handle) =>
    net.conv(x, 4, { kernel: [3, 2], stride: [2, 1], activation: 'relu6' }),
  depthwise: (net: Network, x: Handle) => net.depthwise(x, { kernel: [3, 3], dilation: [2, 2] }),
  wide: (net: Network, x: Handle) => net.depthwise(x, { kernel: [7, 9] }),
  wideStrided: (net: Network, x: Handle) => net.conv(x, 3, { kernel: [7, 5], stride: [2, 2] }),
  pad: (net: Network, x: Handle) => net.pad(x, [1, 0, 0, 1]),
  empty: (net: Network, x: Handle) => net.pad(x, [0, 0, 0, 0]),
  relu: (net: Network, x: Handle) => net.pointwiseLike(x, 'RELU'),
  relu6: (net: Network, x: Handle) => net.pointwise(x, 'RELU6'),
  reshape: (net: Network, x: Handle) => net.reshape(x, net.shapeOf(x)),
  flip: (net: Network, x: Handle) =>
    net.reshape(
      x,
      [0, 2, 1, 3].map((axis) => net.shapeOf(x)[axis] ?? 1),
    ),
  twice: (net: Network, x: Handle) => net.add(x, net.pointwiseLike(x, 'RELU')),
  joined: (net: Network, x: Handle) => net.concat([x, net.conv(x, 2)]),
  alone: (net: Network, x: Handle) => net.concat([x]),
  pool: (net: Network, x: Handle) => net.pool(x, 'max', { kernel: [2, 2], activation: 'relu' }),
} as const satisfies Record<string, (net: Network, x: Handle) => Handle>;

function build(type: NetworkType, seed: number, names: readonly (keyof typeof steps)[]): Graph {
  const net = new Network(type, seed);
  const last = names.reduce((x, name) => steps[name](net, x), net.input([1, 6, 5, 3]));
  const head = net.dense(net.reshape(last, [1, net.shapeOf(last).reduce((a, b) => a * b, 1)]), 3);
  return readTfliteGraph(net.write(seed % 2 === 0 ? [head] : [last, head]), 'random.tflite');
}

function expectAlike(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((values, index) => {
    expect(values.length).toBe(expected[index]!.length);
    values.forEach((value, at) => {
      const wanted = expected[index]![at]!;
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(wanted)));
    });
  });
}

it('normalising leaves what a network computes as it was', async () => {
  const names = fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[]));
  const types = fc.constantFrom<NetworkType>('float32', 'int8', 'uint8');
  await fc.assert(
    fc.asyncProperty(
      types,
      fc.nat(1000),
      fc.array(names, { minLength: 1, maxLength: 7 }),
      async (type, seed, layers) => {
        // An output that is the input as it came is refused by the reader.
        const graph = build(type, seed, ['conv', ...layers]);
        const normal = normalise(graph);
        const random = mulberry32(seed);
        const count = elementCount(tensorOf(graph, graph.inputs[0]!.tensor).shape);
        if (isQuantized(graph)) {
          const bytes = Uint8Array.from({ length: count }, () => Math.floor(256 * random()));
          const expected = prepareQuantized(graph, 'tflite');
          if (expected !== null)
            expect(prepareQuantized(normal, 'tflite')?.([bytes])).toEqual(expected([bytes]));
        } else {
          const input = Float32Array.from({ length: count }, () => random() * 2 - 1);
          expectAlike(await runFloat(normal, [input]), await runFloat(graph, [input]));
        }
      },
    ),
    { numRuns: 200 },
  );
});
