import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { tensorOf } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { startBackend } from '../../src/reference/float/backend.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { writeTflite, type OperatorDescription, type TensorDescription } from '../support/tflite-writer.ts';

/** What one operator makes of the values 1, 2, 3 … in each of its map inputs; its outputs one after the other. */
async function compute(
  operator: Omit<OperatorDescription, 'inputs' | 'outputs'>,
  inputs: readonly TensorDescription[],
  outputs: readonly (readonly number[])[],
): Promise<number[]> {
  const tensors = [...inputs, ...outputs.map((shape) => ({ shape }))];
  const maps = inputs.flatMap((tensor, index) => (tensor.data === undefined ? [index] : []));
  const written = outputs.map((_, index) => inputs.length + index);
  const file = writeTflite({
    tensors,
    operators: [{ ...operator, inputs: [...inputs.keys()], outputs: written }],
    inputs: maps,
    outputs: written,
  });
  const graph = normalise(readTfliteGraph(file, 'one.tflite'));
  const values = graph.inputs.map(({ tensor }) =>
    Float32Array.from({ length: elementCount(tensorOf(graph, tensor).shape) }, (_, index) => index + 1),
  );
  return (await runFloat(graph, values)).flatMap((output) => [...output]);
}

const map = (...shape: number[]): TensorDescription => ({ shape });
const integers = (...values: number[]): TensorDescription => ({
  shape: [values.length],
  type: 'int32',
  data: Int32Array.from(values),
});
const paddings = (...values: number[]): TensorDescription => ({
  shape: [values.length / 2, 2],
  type: 'int32',
  data: Int32Array.from(values),
});
const reals = (shape: readonly number[], ...values: number[]): TensorDescription => ({
  shape,
  data: Float32Array.from(values),
});

describe('operators of TFLite that move values', () => {
  it('SLICE takes a stretch of each axis, −1 all that is left', async () => {
    const begin = integers(0, 1, 0, 0);
    const size = integers(1, 1, -1, 1);
    expect(await compute({ op: 'SLICE' }, [map(1, 2, 3, 2), begin, size], [[1, 1, 3, 1]])).toEqual([
      7, 9, 11,
    ]);
  });

  it('STRIDED_SLICE steps forwards and backwards, and drops axes', async () => {
    const slice = (
      options: Record<string, number>,
      begin: number[],
      end: number[],
      stride: number[],
      out: number[],
    ) =>
      compute(
        { op: 'STRIDED_SLICE', table: 'StridedSlice', options },
        [map(1, 3, 4, 1), integers(...begin), integers(...end), integers(...stride)],
        [out],
      );
    expect(await slice({}, [0, 0, 0, 0], [1, 3, 4, 1], [1, 2, 2, 1], [1, 2, 2, 1])).toEqual([1, 3, 9, 11]);
    expect(
      await slice({ begin: 4, end: 4 }, [0, 0, 0, 0], [1, 1, 0, 1], [1, 1, -1, 1], [1, 1, 4, 1]),
    ).toEqual([4, 3, 2, 1]);
    expect(await slice({ shrink: 2 }, [0, -1, 1, 0], [1, 0, 3, 1], [1, 1, 1, 1], [1, 2, 1])).toEqual([
      10, 11,
    ]);
  });

  it('SPLIT, SPLIT_V and UNPACK cut an axis into outputs', async () => {
    const axis = { shape: [], type: 'int32', data: Int32Array.of(3) } as const;
    const split = { op: 'SPLIT', table: 'Split', options: { parts: 2 } } as const;
    expect(
      await compute(
        split,
        [axis, map(1, 1, 2, 4)],
        [
          [1, 1, 2, 2],
          [1, 1, 2, 2],
        ],
      ),
    ).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    expect(
      await compute(
        { op: 'SPLIT_V' },
        [map(1, 1, 2, 4), integers(1, -1), axis],
        [
          [1, 1, 2, 1],
          [1, 1, 2, 3],
        ],
      ),
    ).toEqual([1, 5, 2, 3, 4, 6, 7, 8]);
    const unpack = { op: 'UNPACK', table: 'Unpack', options: { parts: 2, axis: 1 } } as const;
    expect(
      await compute(
        unpack,
        [map(1, 2, 2, 2)],
        [
          [1, 2, 2],
          [1, 2, 2],
        ],
      ),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('GATHER picks indices in any order', async () => {
    const gather = { op: 'GATHER', table: 'Gather', options: { axis: 3 } } as const;
    expect(await compute(gather, [map(1, 1, 2, 3), integers(2, 0, 2)], [[1, 1, 2, 3]])).toEqual([
      3, 1, 3, 6, 4, 6,
    ]);
  });

  it('MIRROR_PAD leaves the edge out where it reflects, and repeats it where it is symmetric', async () => {
    const pad = (mode: number, out: readonly number[]) =>
      compute(
        { op: 'MIRROR_PAD', table: 'MirrorPad', options: { mode } },
        [map(1, 1, 3, 1), paddings(0, 0, 0, 0, 2, 1, 0, 0)],
        [out],
      );
    expect(await pad(0, [1, 1, 6, 1])).toEqual([3, 2, 1, 2, 3, 2]);
    expect(await pad(1, [1, 1, 6, 1])).toEqual([2, 1, 1, 2, 3, 3]);
  });

  it('DEPTH_TO_SPACE and SPACE_TO_DEPTH move blocks', async () => {
    const spread = { op: 'DEPTH_TO_SPACE', table: 'DepthToSpace', options: { block: 2 } } as const;
    expect(await compute(spread, [map(1, 1, 2, 4)], [[1, 2, 4, 1]])).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    const gather = { op: 'SPACE_TO_DEPTH', table: 'SpaceToDepth', options: { block: 2 } } as const;
    expect(await compute(gather, [map(1, 2, 4, 1)], [[1, 1, 2, 4]])).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
  });

  it('TRANSPOSE moves axes for whoever needs them there', async () => {
    expect(
      await compute({ op: 'TRANSPOSE' }, [map(1, 2, 3, 1), integers(0, 2, 1, 3)], [[1, 3, 2, 1]]),
    ).toEqual([1, 4, 2, 5, 3, 6]);
    expect(
      await compute({ op: 'TRANSPOSE' }, [map(1, 2, 1, 3), integers(0, 3, 1, 2)], [[1, 3, 2, 1]]),
    ).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR lay the grids as their options say', async () => {
    const nearest = (options: Record<string, number>) =>
      compute(
        { op: 'RESIZE_NEAREST_NEIGHBOR', table: 'ResizeNearest', options },
        [map(1, 1, 2, 1), integers(1, 4)],
        [[1, 1, 4, 1]],
      );
    expect(await nearest({})).toEqual([1, 1, 2, 2]);
    expect(await nearest({ align: 1 })).toEqual([1, 1, 2, 2]);
    const bilinear = (options: Record<string, number>) =>
      compute(
        { op: 'RESIZE_BILINEAR', table: 'ResizeBilinear', options },
        [map(1, 1, 2, 1), integers(1, 4)],
        [[1, 1, 4, 1]],
      );
    expect(await bilinear({})).toEqual([1, 1.5, 2, 2]);
    expect(await bilinear({ half: 1 })).toEqual([1, 1.25, 1.75, 2]);
  });
});

describe('operators of TFLite on two operands', () => {
  it('broadcast constants and maps', async () => {
    const two = map(1, 1, 2, 2);
    expect(await compute({ op: 'MUL', table: 'Mul' }, [two, reals([2], 10, 100)], [[1, 1, 2, 2]])).toEqual([
      10, 200, 30, 400,
    ]);
    expect(await compute({ op: 'SUB', table: 'Sub' }, [reals([], 10), two], [[1, 1, 2, 2]])).toEqual([
      9, 8, 7, 6,
    ]);
    expect(await compute({ op: 'DIV', table: 'Div' }, [two, reals([1], 2)], [[1, 1, 2, 2]])).toEqual([
      0.5, 1, 1.5, 2,
    ]);
    expect(await compute({ op: 'MAXIMUM' }, [two, reals([1], 2.5)], [[1, 1, 2, 2]])).toEqual([
      2.5, 2.5, 3, 4,
    ]);
    expect(await compute({ op: 'MINIMUM' }, [two, map(1, 1, 1, 2)], [[1, 1, 2, 2]])).toEqual([1, 2, 1, 2]);
    expect(await compute({ op: 'ADD', table: 'Add' }, [two, map(1, 1, 2, 1)], [[1, 1, 2, 2]])).toEqual([
      2, 3, 5, 6,
    ]);
  });

  it('PRELU has a slope for each channel', async () => {
    const file = [map(1, 1, 2, 2), reals([1, 1, 2], 0.5, 0.25)];
    expect(await compute({ op: 'PRELU' }, file, [[1, 1, 2, 2]])).toEqual([1, 2, 3, 4]);
  });
});

describe('operators of TFLite that become others', () => {
  it.each([
    ['SAME', 0, 2, 3, [10, 12]],
    ['SAME', 0, 2, 3, [9, 11]],
    ['SAME', 0, 3, 2, [15, 18]],
    ['VALID', 1, 2, 3, [11, 13]],
    ['VALID', 1, 2, 1, [10, 12]],
    ['VALID', 1, 1, 3, [7, 8]],
  ] as const)(
    'TRANSPOSE_CONV %s %i, stride %i, kernel %i, makes %j',
    async (_, padding, stride, size, [h, w]) => {
      await startBackend();
      const weights = Array.from({ length: 2 * size * size * 3 }, (_, index) => Math.sin(index));
      const made = await compute(
        {
          op: 'TRANSPOSE_CONV',
          table: 'TransposeConv',
          options: { padding, strideH: stride, strideW: stride },
        },
        [integers(1, h, w, 2), reals([2, size, size, 3], ...weights), map(1, 5, 6, 3), reals([2], 1, -1)],
        [[1, h, w, 2]],
      );
      const expected = tf.tidy(() => {
        const x = tf.tensor4d(
          Array.from({ length: 90 }, (_, index) => index + 1),
          [1, 5, 6, 3],
        );
        const kernel = tf.transpose<tf.Tensor4D>(tf.tensor4d(weights, [2, size, size, 3]), [1, 2, 0, 3]);
        const scheme = padding === 0 ? 'same' : 'valid';
        const y = tf.conv2dTranspose(x, kernel, [1, h, w, 2], stride, scheme);
        return tf.add(y, tf.tensor1d([1, -1])).dataSync();
      });
      expect(made).toHaveLength(expected.length);
      made.forEach((value, index) => {
        expect(value).toBeCloseTo(expected[index]!, 2);
      });
    },
  );

  it('SUM and REDUCE_MAX over rows and columns, and over one of the two', async () => {
    const x = map(1, 2, 3, 1);
    const reducer = (op: string) => ({ op, table: 'Reducer' }) as const;
    expect(await compute(reducer('SUM'), [x, integers(1, 2)], [[1, 1]])).toEqual([21]);
    expect(await compute(reducer('SUM'), [x, integers(1)], [[1, 3, 1]])).toEqual([5, 7, 9]);
    expect(await compute(reducer('REDUCE_MAX'), [x, integers(1, 2)], [[1, 1]])).toEqual([6]);
    expect(await compute(reducer('REDUCE_MAX'), [x, integers(2)], [[1, 2, 1]])).toEqual([3, 6]);
    expect(await compute(reducer('REDUCE_MIN'), [x, integers(2)], [[1, 2, 1]])).toEqual([1, 4]);
  });

  it('MEAN, SUM, REDUCE_MAX and REDUCE_MIN run over channels, and over anything at once', async () => {
    const reducer = (op: string, keepDims = 0) => ({ op, table: 'Reducer', options: { keepDims } }) as const;
    const x = map(1, 2, 2, 3);
    expect(await compute(reducer('MEAN', 1), [x, integers(3)], [[1, 2, 2, 1]])).toEqual([2, 5, 8, 11]);
    expect(await compute(reducer('SUM'), [x, integers(-1)], [[1, 2, 2]])).toEqual([6, 15, 24, 33]);
    expect(await compute(reducer('REDUCE_MAX', 1), [x, integers(3)], [[1, 2, 2, 1]])).toEqual([3, 6, 9, 12]);
    expect(await compute(reducer('REDUCE_MIN', 1), [x, integers(1, 3)], [[1, 1, 2, 1]])).toEqual([1, 4]);
    expect(await compute(reducer('SUM'), [x, integers(1, 3)], [[1, 2]])).toEqual([30, 48]);
  });

  it('L2_NORMALIZATION and SQUARED_DIFFERENCE', async () => {
    const norms = [1, 2, 3, 4].map((x, i) => x / (i < 2 ? Math.sqrt(5) : 5));
    const made = await compute({ op: 'L2_NORMALIZATION' }, [map(1, 1, 2, 2)], [[1, 1, 2, 2]]);
    made.forEach((value, index) => {
      expect(value).toBeCloseTo(norms[index]!, 5);
    });
    expect(
      await compute({ op: 'SQUARED_DIFFERENCE' }, [map(1, 1, 2, 2), map(1, 1, 1, 2)], [[1, 1, 2, 2]]),
    ).toEqual([0, 0, 4, 4]);
  });

  it('SQUARED_DIFFERENCE of maps that do not broadcast is refused for their shapes', async () => {
    await expect(
      compute({ op: 'SQUARED_DIFFERENCE' }, [map(1, 1, 2, 2), map(1, 1, 3, 2)], [[1, 1, 3, 2]]),
    ).rejects.toThrow(/QM202.*SQUARED_DIFFERENCE.*differ in shape/);
  });

  it('SPACE_TO_BATCH_ND around a convolution is its dilation', () => {
    const tensors = [
      { shape: [1, 5, 6, 2] },
      integers(2, 2),
      paddings(2, 3, 2, 2),
      { shape: [4, 5, 5, 2] },
      reals([3, 3, 3, 2], ...Array<number>(54).fill(1)),
      { shape: [4, 3, 3, 3] },
      paddings(0, 1, 0, 0),
      { shape: [1, 5, 6, 3] },
    ];
    const file = writeTflite({
      tensors,
      operators: [
        { op: 'SPACE_TO_BATCH_ND', inputs: [0, 1, 2], outputs: [3] },
        { op: 'CONV_2D', table: 'Conv2D', options: { padding: 1 }, inputs: [3, 4, -1], outputs: [5] },
        { op: 'BATCH_TO_SPACE_ND', inputs: [5, 1, 6], outputs: [7] },
      ],
      inputs: [0],
      outputs: [7],
    });
    const graph = readTfliteGraph(file, 'dilated.tflite');
    expect(graph.nodes).toMatchObject([
      {
        kind: 'conv',
        window: { dilation: { h: 2, w: 2 }, padding: { top: 2, bottom: 2, left: 2, right: 2 } },
      },
    ]);
  });

  it('ARG_MAX and ARG_MIN find the first of equals along any axis', async () => {
    // 1 … 12 times 1, −1 and 0: the largest of each pixel is channel 0, the smallest channel 1.
    const signs = reals([3], 1, -1, 0);
    const find = (op: string, axis: number, shape: readonly number[]) => {
      const file = writeTflite({
        tensors: [map(1, 2, 2, 3), signs, map(1, 2, 2, 3), integers(axis), { shape, type: 'int64' }],
        operators: [
          { op: 'MUL', table: 'Mul', inputs: [0, 1], outputs: [2] },
          { op, inputs: [2, 3], outputs: [4] },
        ],
        inputs: [0],
        outputs: [4],
      });
      const values = Float32Array.from({ length: 12 }, (_, index) => index + 1);
      return runFloat(normalise(readTfliteGraph(file, 'indices.tflite')), [values]);
    };
    expect(await find('ARG_MAX', 3, [1, 2, 2])).toEqual([Float32Array.of(0, 0, 0, 0)]);
    expect(await find('ARG_MIN', -1, [1, 2, 2])).toEqual([Float32Array.of(1, 1, 1, 1)]);
    // Along the rows the second holds more of channel 0, less of channel 1 and as much of channel 2.
    expect(await find('ARG_MAX', 1, [1, 2, 3])).toEqual([Float32Array.of(1, 0, 0, 1, 0, 0)]);
    expect(await find('ARG_MIN', 2, [1, 2, 3])).toEqual([Float32Array.of(0, 1, 0, 0, 1, 0)]);
  });

  it('CAST passes indices on as they are, and is refused where it changes values', async () => {
    const cast = (type: 'int32' | 'float32', operators: readonly OperatorDescription[]) => {
      const file = writeTflite({
        tensors: [map(1, 3), integers(1), { shape: [1], type }, { shape: [1] }],
        operators,
        inputs: [0],
        outputs: [3],
      });
      return normalise(readTfliteGraph(file, 'cast.tflite'));
    };
    const index: OperatorDescription = { op: 'ARG_MAX', inputs: [0, 1], outputs: [2] };
    const graph = cast('int32', [index, { op: 'CAST', inputs: [2], outputs: [3] }]);
    expect(await runFloat(graph, [Float32Array.of(4, 9, 9)])).toEqual([Float32Array.of(1)]);
    const other: OperatorDescription = { op: 'CAST', inputs: [0], outputs: [3] };
    expect(() => cast('int32', [other])).toThrow(/QM202.*CAST.*changes float32 values/);
  });

  it('ARG_MAX of more channels than a byte tells apart is refused', () => {
    const file = writeTflite({
      tensors: [{ shape: [1, 257] }, integers(1), { shape: [1], type: 'int32' }],
      operators: [{ op: 'ARG_MAX', inputs: [0, 1], outputs: [2] }],
      inputs: [0],
      outputs: [2],
    });
    expect(() => readTfliteGraph(file, 'argmax.tflite')).toThrow(/QM202.*ARG_MAX.*257 values/);
  });
});
