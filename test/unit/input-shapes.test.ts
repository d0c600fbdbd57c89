import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { readModel } from '../../src/readers/index.ts';
import type { GivenShape } from '../../src/readers/input-shapes.ts';
import { GraphWriter, writeGraphDef } from '../support/graph-def-writer.ts';
import { sequential, writeKerasH5, type TestLayer } from '../support/keras-writer.ts';
import { memoryModel } from '../support/model-files.ts';
import { Network, type Handle } from '../support/network.ts';

const read = (bytes: Uint8Array, given: readonly GivenShape[] = []): Promise<Graph> =>
  readModel(memoryModel('m', { m: bytes }), given);

const codesOf = async (reading: Promise<Graph>): Promise<readonly string[]> => {
  try {
    await reading;
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code }) => code);
  }
};

type Step = (net: Network, x: Handle) => Handle;

const STEPS: readonly Step[] = [
  (net, x) => net.conv(x, 4, { kernel: [3, 3], activation: 'relu6' }),
  (net, x) => net.conv(x, 6, { kernel: [3, 2], stride: [2, 2] }),
  (net, x) => net.depthwise(x, { kernel: [3, 3], dilation: [2, 2] }),
  (net, x) => net.pool(x, 'max', { kernel: [2, 2], padding: 'same' }),
  (net, x) => net.pool(x, 'average', { kernel: [2, 2], padding: 'same' }),
  (net, x) => net.pad(x, [1, 0, 2, 1]),
  (net, x) => net.add(x, net.pointwiseLike(x, 'RELU')),
  (net, x) => net.concat([x, net.conv(x, 2)]),
  (net, x) => net.pointwise(x, 'LOGISTIC'),
  (net, x) => net.softmax(x),
  (net, x) => net.transpose(net.transpose(x, [0, 2, 1, 3]), [0, 2, 1, 3]),
  (net, x) => net.reshape(x, net.shapeOf(x)),
];

describe('shapes that the user gives open inputs', () => {
  it('make a TFLite network what it is with fixed shapes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(STEPS.length - 1), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 8, max: 17 }),
        fc.integer({ min: 8, max: 17 }),
        fc.constantFrom('float32' as const, 'int8' as const),
        async (steps, h, w, type) => {
          const net = new Network(type, 5);
          const last = steps.reduce((x, step) => STEPS[step]!(net, x), net.input([1, h, w, 3]));
          const outputs = [net.dense(net.mean(last), 5)];
          const fixed = await read(net.write(outputs));
          const open = net.write(outputs, { isOpen: true });
          expect(await codesOf(read(open))).toContain('QM203');
          expect(await read(open, [{ input: null, extents: [h, w, 3] }])).toEqual(fixed);
          expect(await read(open, [{ input: 't0', extents: [1, h, w, 3] }])).toEqual(fixed);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('make a Keras network what it is with fixed shapes', async () => {
    const layers: TestLayer[] = [
      { className: 'MaxPooling2D', config: { pool_size: [2, 2] } },
      { className: 'GlobalAveragePooling2D' },
    ];
    const file = (...shape: unknown[]): Promise<Uint8Array> =>
      writeKerasH5(sequential(shape as number[], layers), layers);
    const fixed = await read(await file(12, 10, 3));
    const open = await file(null, null, 3);
    expect(await codesOf(read(open))).toEqual(['QM203']);
    expect(await read(open, [{ input: 'in', extents: [12, 10, 3] }])).toEqual(fixed);
  });

  it.each([
    ['rows and columns', [-1, -1, -1, 2]],
    ['everything', null],
  ])('make a frozen graph that leaves %s open what it is with fixed shapes', async (_, shape) => {
    const graph = (own: readonly number[] | null): Uint8Array => {
      const writer = new GraphWriter();
      const x = writer.add('Placeholder', [], {
        dtype: { type: 'DT_FLOAT' },
        ...(own === null ? {} : { shape: { shape: own } }),
      });
      writer.add('Relu', [x]);
      return writeGraphDef(writer.nodes);
    };
    const fixed = await read(graph([-1, 6, 5, 2]));
    expect(await codesOf(read(graph(shape)))).toEqual([shape === null ? 'QM206' : 'QM203']);
    expect(await read(graph(shape), [{ input: null, extents: [1, 6, 5, 2] }])).toEqual(fixed);
  });

  it('are refused where they contradict the file, or are for nothing', async () => {
    const net = new Network('float32', 1);
    const x = net.input([1, 8, 8, 3]);
    const bytes = net.write([net.pointwise(x, 'RELU')], { isOpen: true });
    const given = (input: string | null, ...extents: number[]) => codesOf(read(bytes, [{ input, extents }]));
    expect(await given(null, 8, 8, 4)).toEqual(['QM213']);
    expect(await given(null, 2, 8, 8, 3)).toEqual(['QM213']);
    expect(await given(null, 8, 8)).toEqual(['QM213']);
    expect(await given('other', 8, 8, 3)).toEqual(['QM214']);
    const fixed = net.write([1]);
    expect(await codesOf(read(fixed, [{ input: null, extents: [8, 8, 3] }]))).toEqual(['QM214']);
  });
});
