import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluatePointwise, type PointwiseFunction } from '../../src/ir/pointwise.ts';
import { normalise } from '../../src/normalise/index.ts';
import { readKerasH5 } from '../../src/readers/keras/index.ts';
import { startBackend } from '../../src/reference/float/backend.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { sequential, writeKerasH5, type TestLayer } from '../support/keras-writer.ts';

const ramp = (count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => Math.sin(step * index + step));
const values = (...shape: number[]): { shape: number[]; data: number[] } => ({
  shape,
  data: ramp(
    shape.reduce((a, b) => a * b, 1),
    0.7,
  ),
});

/** What one layer, or a chain of them, makes of a ramp. */
async function run(shape: readonly number[], ...layers: readonly TestLayer[]): Promise<number[]> {
  return runConfig(sequential(shape, layers), layers, [shape]);
}

async function runConfig(
  config: object,
  layers: readonly TestLayer[],
  shapes: readonly (readonly number[])[],
): Promise<number[]> {
  const { graph, problems } = readKerasH5(await writeKerasH5(config, layers), 'm.h5');
  expect(problems).toEqual([]);
  const inputs = shapes.map((shape, index) =>
    Float32Array.from(
      ramp(
        shape.reduce((a, b) => a * b, 1),
        index + 1,
      ),
    ),
  );
  const [plain] = await runFloat(graph, inputs);
  const [normalised] = await runFloat(normalise(graph), inputs);
  expectClose([...normalised!], [...plain!]);
  return [...plain!];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, 4);
  });
}

const computed = (make: () => tf.Tensor): number[] => [...tf.tidy(() => make().dataSync())];

describe('Keras layers', () => {
  beforeAll(() => startBackend());

  it.each([
    ['same', 2, 3, [10, 12]],
    ['same', 2, 2, [10, 12]],
    ['valid', 2, 3, [11, 13]],
    ['valid', 2, 1, [10, 12]],
    ['valid', 1, 3, [7, 8]],
    ['same', 3, 5, [15, 18]],
  ] as const)('Conv2DTranspose %s, stride %i, kernel %i', async (padding, stride, size, [h, w]) => {
    const [kernel, bias] = [values(size, size, 2, 3), values(2)];
    const layer = {
      className: 'Conv2DTranspose',
      config: { padding, strides: stride, activation: 'relu' },
      weights: { kernel, bias },
    };
    const expected = computed(() =>
      tf.relu(
        tf.add(
          tf.conv2dTranspose(
            tf.tensor4d(ramp(5 * 6 * 3), [1, 5, 6, 3]),
            tf.tensor4d(kernel.data, [size, size, 2, 3]),
            [1, h, w, 2],
            stride,
            padding,
          ),
          tf.tensor1d(bias.data),
        ),
      ),
    );
    expectClose(await run([5, 6, 3], layer), expected);
  });

  it('Conv2DTranspose with output_padding, and Conv1DTranspose', async () => {
    const kernel = values(3, 3, 2, 1);
    const padded = {
      className: 'Conv2DTranspose',
      config: { padding: 'same', strides: [2, 2], output_padding: [0, 1], use_bias: false },
      weights: { kernel },
    };
    // (4 − 1)·2 + 3 − 2·1 + 0 or 1 rows and columns.
    const expected = computed(() =>
      tf.conv2dTranspose(
        tf.tensor4d(ramp(16), [1, 4, 4, 1]),
        tf.tensor4d(kernel.data, [3, 3, 2, 1]),
        [1, 7, 8, 2],
        2,
        'same',
      ),
    );
    expectClose(await run([4, 4, 1], padded), expected);
    const rows = values(3, 2, 1);
    const flat = {
      className: 'Conv1DTranspose',
      config: { padding: 'valid', strides: [2], use_bias: false },
      weights: { kernel: rows },
    };
    const x = ramp(4);
    const made = Array.from({ length: 9 * 2 }, () => 0);
    x.forEach((value, row) => {
      rows.data.forEach((weight, at) => {
        made[(2 * row + (at >> 1)) * 2 + (at & 1)]! += value * weight;
      });
    });
    expectClose(await run([4, 1], flat), made);
  });

  it('crop, permute, resize and repeat', async () => {
    const x = tf.tensor4d(ramp(5 * 4 * 2), [1, 5, 4, 2]);
    const crop = { className: 'Cropping2D', config: { cropping: [[1, 2], 1] } };
    expectClose(
      await run([5, 4, 2], crop),
      computed(() => tf.slice4d(x, [0, 1, 1, 0], [1, 2, 2, 2])),
    );
    expectClose(
      await run([5, 4, 2], { className: 'Permute', config: { dims: [3, 1, 2] } }),
      computed(() => tf.transpose(x, [0, 3, 1, 2])),
    );
    expectClose(
      await run([4, 3], { className: 'Cropping1D', config: { cropping: [1, 1] } }),
      ramp(12).slice(3, 9),
    );
    expectClose(
      await run([2, 2], { className: 'UpSampling1D', config: { size: 2 } }),
      [0, 1, 0, 1, 2, 3, 2, 3].map((i) => ramp(4)[i]!),
    );
    for (const interpolation of ['nearest', 'bilinear'] as const) {
      const resize = interpolation === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
      expectClose(
        await run([5, 4, 2], { className: 'UpSampling2D', config: { size: [2, 3], interpolation } }),
        computed(() => resize(x, [10, 12], false, true)),
      );
      expectClose(
        await run([5, 4, 2], { className: 'Resizing', config: { height: 3, width: 9, interpolation } }),
        computed(() => resize(x, [3, 9], false, true)),
      );
    }
    x.dispose();
  });

  it.each<[string, (a: number, b: number) => number]>([
    ['Add', (a, b) => a + b],
    ['Subtract', (a, b) => a - b],
    ['Multiply', (a, b) => a * b],
    ['Maximum', Math.max],
    ['Minimum', Math.min],
    ['Average', (a, b) => (a + b) / 2],
  ])('%s of two maps, with broadcasting', async (className, f) => {
    const input = (name: string, shape: readonly number[]): object => ({
      class_name: 'InputLayer',
      name,
      config: { name, batch_input_shape: [null, ...shape] },
      inbound_nodes: [],
    });
    const merge = {
      class_name: className,
      name: 'm',
      config: { name: 'm' },
      inbound_nodes: [
        [
          ['a', 0, 0, {}],
          ['b', 0, 0, {}],
        ],
      ],
    };
    const shapes = [
      [2, 3, 4],
      [1, 1, 4],
    ];
    const config = {
      class_name: 'Functional',
      config: {
        name: 'f',
        layers: [input('a', shapes[0]!), input('b', shapes[1]!), merge],
        input_layers: [
          ['a', 0, 0],
          ['b', 0, 0],
        ],
        output_layers: [['m', 0, 0]],
      },
    };
    const b = ramp(4, 2);
    expectClose(
      await runConfig(config, [], shapes),
      ramp(24).map((a, i) => f(a, b[i % 4]!)),
    );
  });

  it('PReLU with a slope for each channel and for each value', async () => {
    for (const alpha of [values(1, 1, 3), values(2, 2, 3)]) {
      const slope = (i: number): number => alpha.data[i % alpha.data.length]!;
      const layer = { className: 'PReLU', weights: { alpha } };
      expectClose(
        await run([2, 2, 3], layer),
        ramp(12).map((x, i) => (x < 0 ? slope(i) * x : x)),
      );
    }
  });

  it('UnitNormalization divides by the norm of each pixel', async () => {
    const x = ramp(6);
    const norm = (pixel: number): number => Math.hypot(...x.slice(3 * pixel, 3 * pixel + 3));
    expectClose(
      await run([1, 2, 3], { className: 'UnitNormalization' }),
      x.map((value, i) => value / norm(Math.floor(i / 3))),
    );
  });

  it.each<[string, PointwiseFunction]>([
    ['silu', { name: 'swish' }],
    ['swish', { name: 'swish' }],
    ['gelu', { name: 'gelu' }],
    ['softplus', { name: 'softplus' }],
    ['exponential', { name: 'exp' }],
    ['hard_silu', { name: 'hard-swish' }],
    ['elu', { name: 'elu' }],
  ])('the activation %s', async (activation, fn) => {
    const layer = { className: 'Activation', config: { activation } };
    expectClose(
      await run([5], layer),
      ramp(5).map((x) => evaluatePointwise(fn, x)),
    );
  });
});
