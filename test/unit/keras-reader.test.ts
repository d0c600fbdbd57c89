import { describe, expect, it } from 'vitest';
import { outputOf, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { readKerasArchive, readKerasH5 } from '../../src/readers/keras/index.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { sequential, writeKerasArchive, writeKerasH5, type TestLayer } from '../support/keras-writer.ts';

const random = mulberry32(11);
const values = (...shape: number[]): { shape: number[]; data: number[] } => ({
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
});

async function build(shape: readonly number[], layers: readonly TestLayer[]): Promise<Graph> {
  const { graph, problems } = readKerasH5(await writeKerasH5(sequential(shape, layers), layers), 'm.h5');
  expect(problems).toEqual([]);
  return graph;
}

/** What the model makes of `input`, checked to be the same after normalising. */
async function run(graph: Graph, input: Float32Array): Promise<number[]> {
  const [plain] = await runFloat(graph, [input]);
  const [normalised] = await runFloat(normalise(graph), [input]);
  normalised!.forEach((value, index) => {
    expect(value).toBeCloseTo(plain![index]!, 5);
  });
  return [...plain!];
}

const ramp = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

/** Conv1D by its definition: x [t, cin], kernel [k, cin, cout], rows before the input are zeros. */
function conv1d(
  x: Float32Array,
  t: number,
  kernel: { shape: number[]; data: number[] },
  dilation: number,
  before: number,
): number[] {
  const [k = 0, cin = 0, cout = 0] = kernel.shape;
  const rows = t + before - (k - 1) * dilation;
  return Array.from({ length: rows * cout }, (_, index) => {
    const row = Math.floor(index / cout);
    let sum = 0;
    for (let tap = 0; tap < k; tap++) {
      const at = row + tap * dilation - before;
      for (let c = 0; c < cin && at >= 0; c++)
        sum += x[at * cin + c]! * kernel.data[(tap * cin + c) * cout + (index % cout)]!;
    }
    return sum;
  });
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, 4);
  });
}

describe('Keras layers', () => {
  it.each([
    ['valid', 1, 0],
    ['causal', 2, 4],
  ] as const)('Conv1D %s with dilation %i', async (padding, dilation, before) => {
    const kernel = values(3, 2, 4);
    const layers = [
      {
        className: 'Conv1D',
        config: { kernel_size: [3], padding, dilation_rate: [dilation], use_bias: false },
        weights: { kernel },
      },
    ];
    const x = ramp(20);
    expectClose(await run(await build([10, 2], layers), x), conv1d(x, 10, kernel, dilation, before));
  });

  it('Conv2D in groups, with the weights of Keras, [kh, kw, cin / groups, cout]', async () => {
    const kernel = values(1, 1, 2, 4);
    const graph = await build(
      [1, 1, 4],
      [{ className: 'Conv2D', config: { use_bias: false }, weights: { kernel } }],
    );
    const x = ramp(4);
    const expected = [0, 1, 2, 3].map((o) => {
      const first = o < 2 ? 0 : 2;
      return x[first]! * kernel.data[o]! + x[first + 1]! * kernel.data[4 + o]!;
    });
    expectClose(await run(graph, x), expected);
  });

  it('SeparableConv2D is a depthwise convolution and a 1×1 one', async () => {
    const depthwise = values(1, 1, 2, 2);
    const pointwise = values(1, 1, 4, 3);
    const bias = values(3);
    const weights = { depthwise_kernel: depthwise, pointwise_kernel: pointwise, bias };
    const graph = await build(
      [1, 1, 2],
      [{ className: 'SeparableConv2D', config: { activation: 'relu' }, weights }],
    );
    const x = ramp(2);
    const middle = [0, 1, 2, 3].map((c) => x[Math.floor(c / 2)]! * depthwise.data[c]!);
    const expected = [0, 1, 2].map((o) =>
      Math.max(
        0,
        middle.reduce((sum, m, c) => sum + m * pointwise.data[c * 3 + o]!, bias.data[o]!),
      ),
    );
    expectClose(await run(graph, x), expected);
  });

  it('Dense over rows is applied to each of them', async () => {
    const kernel = values(3, 2);
    const graph = await build(
      [4, 3],
      [{ className: 'Dense', config: { use_bias: false }, weights: { kernel } }],
    );
    const x = ramp(12);
    const expected = Array.from({ length: 8 }, (_, i) =>
      [0, 1, 2].reduce((sum, c) => sum + x[Math.floor(i / 2) * 3 + c]! * kernel.data[c * 2 + (i % 2)]!, 0),
    );
    expectClose(await run(graph, x), expected);
    expect(graph.outputs[0]?.shape).toEqual([1, 4, 2]);
  });

  it('BatchNormalization by its definition, without gamma and beta too', async () => {
    const [mean, gamma, beta] = [values(3), values(3), values(3)];
    const variance = { shape: [3], data: [0.5, 1, 2] };
    const x = ramp(3);
    const norm = (c: number, g: number, b: number): number =>
      (g * (x[c]! - mean.data[c]!)) / Math.sqrt(variance.data[c]! + 0.01) + b;
    const full = { gamma, beta, moving_mean: mean, moving_variance: variance };
    const graph = await build(
      [3],
      [{ className: 'BatchNormalization', config: { epsilon: 0.01 }, weights: full }],
    );
    expectClose(
      await run(graph, x),
      [0, 1, 2].map((c) => norm(c, gamma.data[c]!, beta.data[c]!)),
    );
    const config = { epsilon: 0.01, center: false, scale: false };
    const bare = await build(
      [3],
      [
        {
          className: 'BatchNormalization',
          config,
          weights: { moving_mean: mean, moving_variance: variance },
        },
      ],
    );
    expectClose(
      await run(bare, x),
      [0, 1, 2].map((c) => norm(c, 1, 0)),
    );
  });

  it.each<[string, TestLayer, (x: number) => number]>([
    ['ReLU', { className: 'ReLU' }, (x) => Math.max(0, x)],
    [
      'ReLU up to 0.5',
      { className: 'ReLU', config: { max_value: 0.5 } },
      (x) => Math.min(0.5, Math.max(0, x)),
    ],
    [
      'ReLU with a slope',
      { className: 'ReLU', config: { negative_slope: 0.25 } },
      (x) => (x < 0 ? 0.25 * x : x),
    ],
    ['LeakyReLU', { className: 'LeakyReLU', config: { negative_slope: 0.1 } }, (x) => (x < 0 ? 0.1 * x : x)],
    [
      'LeakyReLU of Keras 2',
      { className: 'LeakyReLU', config: { alpha: 0.2 } },
      (x) => (x < 0 ? 0.2 * x : x),
    ],
    [
      'PReLU',
      { className: 'PReLU', weights: { alpha: { shape: [4], data: [0.5, 0.5, 0.5, 0.5] } } },
      (x) => (x < 0 ? x / 2 : x),
    ],
    ['Rescaling', { className: 'Rescaling', config: { scale: 2, offset: -1 } }, (x) => 2 * x - 1],
    [
      'Activation',
      { className: 'Activation', config: { activation: 'sigmoid' } },
      (x) => 1 / (1 + Math.exp(-x)),
    ],
    ['Dropout', { className: 'Dropout', config: { rate: 0.5 } }, (x) => x],
  ])('%s', async (_, layer, f) => {
    const rescale = { className: 'Rescaling', config: { name: 'r', scale: 1 } };
    const x = ramp(4);
    expectClose(await run(await build([4], [rescale, layer]), x), [...x].map(f));
  });

  it('pools, pads and reshapes', async () => {
    const graph = await build(
      [4, 4, 1],
      [
        {
          className: 'ZeroPadding2D',
          config: {
            padding: [
              [1, 0],
              [0, 1],
            ],
          },
        },
        { className: 'MaxPooling2D', config: { pool_size: 2, padding: 'same' } },
        { className: 'AveragePooling2D', config: { pool_size: [2, 1], strides: [1, 1] } },
        { className: 'Reshape', config: { target_shape: [-1, 2] } },
        { className: 'GlobalAveragePooling1D' },
      ],
    );
    expect(graph.nodes.map((node) => [node.kind, outputOf(graph, node).shape])).toEqual([
      ['pad', { h: 5, w: 5, c: 1 }],
      ['pool', { h: 3, w: 3, c: 1 }],
      ['pool', { h: 2, w: 3, c: 1 }],
      ['reshape', { h: 3, w: 1, c: 2 }],
      ['mean', { h: 1, w: 1, c: 2 }],
    ]);
    expect(graph.nodes[1]).toMatchObject({ window: { padding: { top: 0, bottom: 1, left: 0, right: 1 } } });
  });
});

/** A Functional model as Keras 2 writes it: `inbound_nodes` are lists. */
function functional(layers: readonly object[], inputs: unknown, outputs: unknown): object {
  return {
    class_name: 'Functional',
    config: { name: 'f', layers, input_layers: inputs, output_layers: outputs },
  };
}

const input = (name: string, shape: readonly number[]): object => ({
  class_name: 'InputLayer',
  name,
  config: { name, batch_input_shape: [null, ...shape] },
  inbound_nodes: [],
});

const layer = (
  className: string,
  name: string,
  calls: readonly (readonly string[])[],
  config = {},
): object => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: calls.map((refs) => refs.map((ref) => [ref, 0, 0, {}])),
});

describe('networks', () => {
  it('joins branches, has several inputs and outputs, and takes layers in any order', async () => {
    const config = functional(
      [
        layer('Concatenate', 'join', [['sum', 'b']]),
        layer('Add', 'sum', [['a', 'b', 'a']]),
        input('a', [2, 2, 3]),
        input('b', [2, 2, 3]),
      ],
      [
        ['b', 0, 0],
        ['a', 0, 0],
      ],
      [
        ['join', 0, 0],
        ['sum', 0, 0],
      ],
    );
    const { graph, problems } = readKerasH5(await writeKerasH5(config, []), 'm');
    expect(problems).toEqual([]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['join', [1, 2, 2, 6]],
      ['sum', [1, 2, 2, 3]],
    ]);
    expect(graph.nodes.map(({ kind }) => kind).sort()).toEqual(['add', 'add', 'concat']);
  });

  it.each(['h5', 'keras'])(
    '%s: a model within a model finds its weights, called twice it shares them',
    async (format) => {
      const kernel = { shape: [2, 2], data: [1, 2, 3, 4] };
      const inner = functional(
        [input('x', [2]), layer('Dense', 'd', [['x']], { use_bias: false })],
        ['x', 0, 0],
        ['d', 0, 0],
      ) as { class_name: string; config: object };
      const config = functional(
        [
          input('in', [2]),
          {
            ...inner,
            name: 'base',
            config: { ...inner.config, name: 'base' },
            inbound_nodes: [[['in', 0, 0, {}]], [['base', 1, 0, {}]]],
          },
        ],
        [['in', 0, 0]],
        [['base', 2, 0]],
      );
      const weights = { 'd/kernel': kernel };
      const { graph, problems } =
        format === 'h5'
          ? readKerasH5(await writeNested(config, weights), 'm')
          : readKerasArchive(
              await writeKerasArchive(config, { 'layers/functional/layers/dense/vars/0': kernel }),
              'm',
            );
      expect(problems).toEqual([]);
      expect(graph.nodes.map(({ origin }) => origin.path)).toEqual(['base/d', 'base/d']);
      // [1, 1] becomes [4, 6], and that [22, 32].
      expect(await run(graph, Float32Array.of(1, 1))).toEqual([22, 32]);
    },
  );

  it('names all layers that are not supported, and those whose form is not', async () => {
    const layers = [
      { className: 'LSTM', config: { name: 'lstm' } },
      { className: 'MultiHeadAttention', config: { name: 'attention' } },
    ];
    const { problems, graph } = readKerasH5(await writeKerasH5(sequential([28, 28], layers), layers), 'm.h5');
    expect(problems.map(({ node, op, diagnostic }) => [node, op, diagnostic.code, diagnostic.place])).toEqual(
      [
        ['lstm', 'LSTM', 'QM201', { file: 'm.h5', path: 'lstm' }],
        ['attention', 'MultiHeadAttention', 'QM201', { file: 'm.h5', path: 'attention' }],
      ],
    );
    expect(graph.outputs).toEqual([]);
    const first = [
      {
        className: 'Conv2D',
        config: { name: 'c', data_format: 'channels_first' },
        weights: { kernel: values(1, 1, 3, 1) },
      },
    ];
    const forms = readKerasH5(await writeKerasH5(sequential([3, 8, 8], first), first), 'm.h5');
    expect(forms.problems.map(({ diagnostic }) => diagnostic.code)).toEqual(['QM202']);
  });

  it.each<[string, object, readonly TestLayer[], string]>([
    ['open extents', sequential([-1, 3], [{ className: 'ReLU' }]), [], 'QM203'],
    ['an output that is an input', sequential([4], []), [], 'QM210'],
    [
      'a batch of 8',
      {
        class_name: 'Sequential',
        config: {
          layers: [
            { class_name: 'InputLayer', config: { batch_shape: [8, 4] } },
            { class_name: 'ReLU', config: {} },
          ],
        },
      },
      [],
      'QM206',
    ],
    [
      'integers as input',
      {
        class_name: 'Sequential',
        config: {
          layers: [
            { class_name: 'InputLayer', config: { batch_shape: [null, 4], dtype: 'int32' } },
            { class_name: 'ReLU', config: {} },
          ],
        },
      },
      [],
      'QM204',
    ],
  ])('refuses %s', async (_, config, layers, code) => {
    const { problems } = readKerasH5(await writeKerasH5(config, layers), 'm.h5');
    expect(problems.map(({ diagnostic }) => diagnostic.code)).toContain(code);
  });

  it.each<[string, object, string]>([
    ['missing weights', sequential([4], [{ className: 'Dense' }]), 'QM104'],
    ['a class of its own', { class_name: 'MyModel', config: {} }, 'QM106'],
    [
      'layers in a circle',
      functional(
        [input('a', [3]), layer('Add', 'p', [['a', 'q']]), layer('ReLU', 'q', [['p']])],
        [['a', 0, 0]],
        [['q', 0, 0]],
      ),
      'QM104',
    ],
    [
      'a layer that is not there',
      functional([input('a', [3]), layer('ReLU', 'q', [['p']])], [['a', 0, 0]], [['q', 0, 0]]),
      'QM104',
    ],
  ])('stops at %s', async (_, config, code) => {
    const bytes = await writeKerasH5(config, []);
    expect(() => readKerasH5(bytes, 'm.h5')).toThrow(code);
  });

  it('stops at an archive that is cut short', async () => {
    const archive = await writeKerasArchive({}, {});
    expect(() => readKerasArchive(archive.subarray(0, 40), 'm.keras')).toThrow('QM104');
  });
});

/** As `writeKerasH5` does it for a nested model: all weights in the group of the outer layer. */
async function writeNested(
  config: object,
  weights: Readonly<Record<string, { shape: number[]; data: number[] }>>,
): Promise<Uint8Array> {
  return writeKerasH5(config, [{ className: 'Functional', config: { name: 'base' }, weights }]);
}
