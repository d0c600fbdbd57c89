import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { NO_CLAMP, outputOf, tensorOf, type Graph, type NodeKind, type NodeOf } from '../../src/ir/graph.ts';
import { macsOf, parametersOf } from '../../src/ir/macs.ts';
import { printGraph } from '../../src/ir/print-graph.ts';
import { Network } from '../support/network.ts';
import { ACTIVATION, PADDING, writeTflite, type ModelDescription } from '../support/tflite-writer.ts';
import { inspectTflite, readTfliteGraph } from '../support/read-tflite.ts';

function read(bytes: Uint8Array): Graph {
  const graph = readTfliteGraph(bytes, 'model.tflite');
  checkGraph(graph);
  return graph;
}

/** The only node of a kind. */
function only<K extends NodeKind>(graph: Graph, kind: K): NodeOf<K> {
  const nodes = graph.nodes.filter((node): node is NodeOf<K> => node.kind === kind);
  expect(nodes).toHaveLength(1);
  return nodes[0]!;
}

const kindsOf = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.kind);

/** A model of one operator from tensor 0 to tensor 1. */
function oneOperator(
  tensors: ModelDescription['tensors'],
  operator: Omit<ModelDescription['operators'][number], 'outputs'>,
): Graph {
  return read(
    writeTflite({ tensors, operators: [{ outputs: [1], ...operator }], inputs: [0], outputs: [1] }),
  );
}

describe('convolutions', () => {
  it('reads weights, bias, strides, dilation and the fused activation', () => {
    const weights = Float32Array.from({ length: 2 * 3 * 2 * 1 }, (_, i) => i / 8);
    const graph = oneOperator(
      [
        { name: 'image', shape: [1, 9, 8, 1] },
        { name: 'relu;conv', shape: [1, 3, 7, 2] },
        { shape: [2, 3, 2, 1], data: weights },
        { shape: [2], data: Float32Array.of(-1, 1) },
      ],
      {
        op: 'CONV_2D',
        inputs: [0, 2, 3],
        table: 'Conv2D',
        options: {
          padding: PADDING.valid,
          strideH: 2,
          strideW: 1,
          dilationH: 2,
          dilationW: 1,
          activation: ACTIVATION.relu6,
        },
      },
    );
    const conv = only(graph, 'conv');
    expect(conv.window).toEqual({
      kernel: { h: 3, w: 2 },
      stride: { h: 2, w: 1 },
      dilation: { h: 2, w: 1 },
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
    });
    expect(conv.clamp).toEqual({ min: 0, max: 6 });
    expect(conv.weights).toEqual({ kind: 'float', shape: [2, 3, 2, 1], data: weights });
    expect(conv.bias?.data).toEqual(Float32Array.of(-1, 1));
    expect(conv.name).toBe('relu');
    expect(conv.origin).toEqual({ file: 'model.tflite', path: 'operators[0] CONV_2D' });
    expect(outputOf(graph, conv)).toMatchObject({ name: 'relu;conv', origin: { path: 'tensors[1]' } });
    expect(macsOf(conv, graph)).toBe(3 * 7 * 2 * 6);
    expect(parametersOf(conv)).toBe(14);
  });

  it('counts groups from the channels of the weights', () => {
    const graph = oneOperator(
      [{ shape: [1, 4, 4, 6] }, { shape: [1, 4, 4, 3] }, { shape: [3, 1, 1, 2], data: new Float32Array(6) }],
      { op: 'CONV_2D', inputs: [0, 2], table: 'Conv2D' },
    );
    const conv = only(graph, 'conv');
    expect(conv).toMatchObject({ groups: 3, bias: null, clamp: NO_CLAMP });
    expect(macsOf(conv, graph)).toBe(4 * 4 * 3 * 2);
  });

  it.each([
    // extent, kernel, stride, dilation → before, after
    [8, 3, 1, 1, 1, 1],
    [8, 3, 2, 1, 0, 1],
    [9, 3, 2, 1, 1, 1],
    [8, 5, 3, 1, 1, 2],
    [10, 2, 1, 3, 1, 2],
    [8, 1, 2, 1, 0, 0],
    [1, 7, 1, 1, 3, 3],
  ])(
    'SAME over %i values, kernel %i, stride %i, dilation %i pads %i and %i',
    (extent, kernel, stride, dilation, before, after) => {
      const net = new Network('float32', 1);
      const x = net.conv(net.input([1, extent, extent, 1]), 1, {
        kernel: [kernel, kernel],
        stride: [stride, stride],
        dilation: [dilation, dilation],
      });
      const { padding } = only(read(net.write([x])), 'conv').window;
      expect(padding).toEqual({ top: before, bottom: after, left: before, right: after });
    },
  );

  it('takes the depthwise multiplier from the weights, and drops their first axis', () => {
    const net = new Network('int8', 3);
    const graph = read(net.write([net.depthwise(net.input([1, 6, 6, 3]), { kernel: [3, 3] }, 2)]));
    const depthwise = only(graph, 'depthwise');
    expect(depthwise.multiplier).toBe(2);
    expect(depthwise.weights).toMatchObject({ shape: [3, 3, 6], channelAxis: 2 });
    expect(macsOf(depthwise, graph)).toBe(6 * 6 * 6 * 9);
  });
});

describe('quantized constants', () => {
  it('gives a bias the scale input × weights, whatever axis and scale the file states', () => {
    const map = { type: 'int8', scale: [0.5], zeroPoint: [3] } as const;
    const graph = oneOperator(
      [
        { shape: [1, 2], ...map },
        { shape: [1, 2], ...map },
        { shape: [2, 2], type: 'int8', data: Int8Array.of(1, -2, 3, -128), scale: [0.25, 4] },
        { shape: [2], type: 'int32', data: Int32Array.of(100_000, -5), scale: [7, 9], axis: 3 },
      ],
      { op: 'FULLY_CONNECTED', inputs: [0, 2, 3], table: 'FullyConnected' },
    );
    const dense = only(graph, 'dense');
    expect(dense.weights).toEqual({
      kind: 'quantized',
      shape: [2, 2],
      data: Int8Array.of(1, -2, 3, -128),
      scale: Float64Array.of(0.25, 4),
      zeroPoint: Int32Array.of(0, 0),
      channelAxis: 0,
    });
    expect(dense.bias).toMatchObject({
      data: Int32Array.of(100_000, -5),
      scale: Float64Array.of(0.125, 2),
      channelAxis: 0,
    });
    expect(tensorOf(graph, dense.output).quantization).toEqual({
      bits: 8,
      scale: Float64Array.of(0.5),
      zeroPoint: Int32Array.of(3),
    });
  });

  it('shifts uint8 maps and weights by 128, and leaves the port uint8', () => {
    const map = { type: 'uint8', scale: [0.5], zeroPoint: [130] } as const;
    const graph = oneOperator(
      [
        { shape: [1, 2], ...map },
        { shape: [1, 1], ...map },
        { shape: [1, 2], type: 'uint8', data: Uint8Array.of(0, 255), scale: [0.25], zeroPoint: [100] },
      ],
      { op: 'FULLY_CONNECTED', inputs: [0, 2], table: 'FullyConnected' },
    );
    const { weights } = only(graph, 'dense');
    expect(weights).toMatchObject({
      data: Int8Array.of(-128, 127),
      zeroPoint: Int32Array.of(-28),
      channelAxis: null,
    });
    expect(graph.inputs[0]).toMatchObject({ dtype: 'uint8', shape: [1, 2] });
    expect(graph.tensors[0]?.quantization?.zeroPoint).toEqual(Int32Array.of(2));
    expect(inspectTflite(writeUint8(), 'm').inputs[0]).toMatchObject({
      dtype: 'uint8',
      scale: 0.5,
      zeroPoint: 130,
    });
  });

  it('reads float16 weights behind DEQUANTIZE', () => {
    // 1, −2, the smallest subnormal, the largest value
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff);
    const graph = read(
      writeTflite({
        tensors: [
          { shape: [1, 2] },
          { shape: [1, 2] },
          { shape: [2, 2], type: 'float16', data: halves },
          { shape: [2, 2] },
        ],
        operators: [
          { op: 'DEQUANTIZE', inputs: [2], outputs: [3] },
          { op: 'FULLY_CONNECTED', inputs: [0, 3, -1], outputs: [1], table: 'FullyConnected' },
        ],
        inputs: [0],
        outputs: [1],
      }),
    );
    expect(only(graph, 'dense').weights).toEqual({
      kind: 'float',
      shape: [2, 2],
      data: Float32Array.of(1, -2, 2 ** -24, 65504),
    });
  });

  it('dequantizes int8 weights that DEQUANTIZE makes real, each channel by its scale', () => {
    const graph = read(
      writeTflite({
        tensors: [
          { shape: [1, 2] },
          { shape: [1, 2] },
          { shape: [2, 2], type: 'int8', data: Int8Array.of(1, 2, 3, 4), scale: [0.5, 2], zeroPoint: [0, 1] },
          { shape: [2, 2] },
        ],
        operators: [
          { op: 'DEQUANTIZE', inputs: [2], outputs: [3] },
          { op: 'FULLY_CONNECTED', inputs: [0, 3], outputs: [1], table: 'FullyConnected' },
        ],
        inputs: [0],
        outputs: [1],
      }),
    );
    expect(only(graph, 'dense').weights.data).toEqual(Float32Array.of(0.5, 1, 4, 6));
  });
});

function writeUint8(): Uint8Array {
  const map = { shape: [1, 2], type: 'uint8', scale: [0.5], zeroPoint: [130] } as const;
  return writeTflite({
    tensors: [map, map],
    operators: [{ op: 'RELU', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
}

describe('the edges of a quantized model', () => {
  const quantized = { type: 'int8', scale: [0.5], zeroPoint: [1] } as const;

  it('puts the quantized maps in the place of float inputs and outputs', () => {
    const graph = read(
      writeTflite({
        tensors: [
          { name: 'in', shape: [1, 2] },
          { shape: [1, 2], ...quantized },
          { shape: [1, 2], ...quantized },
          { name: 'out', shape: [1, 2] },
        ],
        operators: [
          { op: 'QUANTIZE', inputs: [0], outputs: [1] },
          { op: 'RELU', inputs: [1], outputs: [2] },
          { op: 'DEQUANTIZE', inputs: [2], outputs: [3] },
        ],
        inputs: [0],
        outputs: [3],
      }),
    );
    expect(kindsOf(graph)).toEqual(['pointwise']);
    expect(graph.inputs).toEqual([{ name: 'in', tensor: 0, dtype: 'float32', shape: [1, 2] }]);
    expect(graph.outputs).toEqual([{ name: 'out', tensor: 1, dtype: 'float32', shape: [1, 2] }]);
    expect(graph.tensors[0]?.quantization?.scale[0]).toBe(0.5);
  });

  it('reads QUANTIZE between quantized maps as a requantization', () => {
    const graph = oneOperator(
      [
        { shape: [1, 2], type: 'uint8', scale: [0.5], zeroPoint: [0] },
        { shape: [1, 2], ...quantized },
      ],
      { op: 'QUANTIZE', inputs: [0] },
    );
    expect(kindsOf(graph)).toEqual(['requantize']);
  });
});

describe('shapes', () => {
  it('folds SHAPE, STRIDED_SLICE and PACK', () => {
    const int = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
      shape,
      type: 'int32' as const,
      data: Int32Array.from(values),
    });
    const graph = read(
      writeTflite({
        tensors: [
          { shape: [1, 2, 3, 4] },
          { shape: [4], type: 'int32' },
          int([0]),
          int([1]),
          { shape: [], type: 'int32' },
          int([24], []),
          { shape: [2], type: 'int32' },
          { shape: [1, 24] },
        ],
        operators: [
          { op: 'SHAPE', inputs: [0], outputs: [1] },
          {
            op: 'STRIDED_SLICE',
            inputs: [1, 2, 3, 3],
            outputs: [4],
            table: 'StridedSlice',
            options: { shrink: 1 },
          },
          { op: 'PACK', inputs: [4, 5], outputs: [6], table: 'Pack', options: { count: 2 } },
          { op: 'RESHAPE', inputs: [0, 6], outputs: [7] },
        ],
        inputs: [0],
        outputs: [7],
      }),
    );
    expect(kindsOf(graph)).toEqual(['reshape']);
    expect(graph.tensors[1]?.shape).toEqual({ h: 1, w: 1, c: 24 });
  });

  it('reads a TRANSPOSE of axes of extent 1 as a reshape', () => {
    const net = new Network('float32', 1);
    const graph = read(net.write([net.transpose(net.input([1, 5, 1, 3]), [0, 2, 1, 3])]));
    expect(kindsOf(graph)).toEqual(['reshape']);
    expect(outputOf(graph, only(graph, 'reshape')).shape).toEqual({ h: 1, w: 5, c: 3 });
  });

  it('reads a TRANSPOSE and its inverse as nothing', () => {
    const net = new Network('float32', 1);
    const there = net.transpose(net.input([1, 5, 4, 3]), [0, 3, 1, 2]);
    const graph = read(net.write([net.pointwise(net.transpose(there, [0, 2, 3, 1]), 'TANH')]));
    expect(kindsOf(graph)).toEqual(['pointwise']);
  });

  it.each([
    ['NHWC', [0, 1, 2, 3], [1, 2]],
    ['NCHW', [0, 3, 1, 2], [2, 3]],
    ['NCHW, counted from the end', [0, 3, 1, 2], [-1, -2]],
  ])('takes the mean over rows and columns in %s', (_, order, axes) => {
    const net = new Network('float32', 1);
    const moved = net.transpose(net.input([1, 5, 4, 3]), order);
    const graph = read(net.write([net.meanOver(moved, axes, [1, 3])]));
    expect(kindsOf(graph)).toEqual(['mean']);
    expect(outputOf(graph, only(graph, 'mean')).shape).toEqual({ h: 1, w: 1, c: 3 });
  });

  it('takes the mean over columns alone as an average pool', () => {
    const net = new Network('float32', 1);
    const graph = read(net.write([net.meanOver(net.input([1, 5, 4, 3]), [2], [1, 5, 1, 3])]));
    expect(only(graph, 'pool')).toMatchObject({ reduce: 'average', window: { kernel: { h: 1, w: 4 } } });
  });
});

describe('all that the writer can write', () => {
  it.each(['float32', 'int8', 'uint8'] as const)('%s: reads every operator', (type) => {
    const net = new Network(type, 7);
    const x = net.conv(net.input([1, 16, 12, 3]), 8, { kernel: [3, 3], stride: [2, 2], activation: 'relu' });
    const y = net.depthwise(net.pad(x, [1, 0, 1, 0]), { kernel: [3, 3], activation: 'relu6' });
    const z = net.pool(y, 'max', { kernel: [3, 3], stride: [2, 2] });
    const sum = net.add(z, net.conv(z, 8), 'relu_n1_to_1');
    const joined = net.concat([sum, net.pool(z, 'average', { kernel: [2, 2] })]);
    const bent = ['LOGISTIC', 'TANH', 'HARD_SWISH', 'ELU', 'RELU', 'RELU6'].reduce(
      (map, op) => net.pointwise(map, op),
      joined,
    );
    const head = net.softmax(net.dense(net.reshape(net.mean(bent), [1, 4, 4]), 5));
    const graph = read(net.write([head, bent]));
    expect(kindsOf(graph)).toEqual(
      [
        'conv pad depthwise pool conv add pool concat',
        'pointwise pointwise pointwise pointwise pointwise pointwise',
        'mean reshape dense softmax',
      ].flatMap((line) => line.split(' ')),
    );
    expect(graph.outputs.map((port) => port.dtype)).toEqual([type, type]);
    expect(new Set(graph.nodes.map((node) => node.name)).size).toBe(graph.nodes.length);
    expect(printGraph(graph).split('\n')).toHaveLength(graph.nodes.length + 3);
    const inspection = inspectTflite(net.write([head, bent]), 'model.tflite');
    expect(inspection).toMatchObject({
      format: 'TFLite',
      nodes: graph.nodes.length,
      supported: true,
      unsupported: [],
    });
  });
});
