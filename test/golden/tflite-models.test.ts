import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { inputOf, isQuantized, outputOf, tensorOf, type Graph, type Node } from '../../src/ir/graph.ts';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { macsOf } from '../../src/ir/macs.ts';
import { normalise } from '../../src/normalise/index.ts';
import { sum } from '../../src/util/math.ts';
import { hasTestdata, listTestdata, testdata } from '../support/testdata.ts';
import { inspectTflite, readTfliteGraph } from '../support/read-tflite.ts';

/** What models.json, made by another reader (Python, flatbuffers), says of one file. */
interface Summary {
  readonly ops: Readonly<Record<string, number>>;
  readonly macs: number;
  readonly notes: Readonly<Record<string, number>>;
  readonly inputs: readonly { name: string; shape: readonly number[]; type: string; scale?: number; zp?: number }[];
  readonly outputs: readonly { name: string; shape: readonly number[]; type: string; scale?: number; zp?: number }[];
}

/** Files that cannot be compiled, with the codes that say why. */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  // Its rows and columns are left to --input-shape.
  'dilated-conv.float.tflite': ['QM203'],
  'mnist-lstm.float.tflite': ['QM201'],
  'mnist-lstm.int8.tflite': ['QM201'],
};

/** MACs that are left of files with channels that cannot change, or that nothing reads, or taps that meet nothing but padding. */
const MACS_WITHOUT_DEAD_CHANNELS: Readonly<Record<string, number>> = {
  'hello-world-sine.int8.tflite': 220,
  'mcunetv2-large-imagenet.int8.tflite': 216_408_304,
  'mobilenetv1-025-128-imagenet.uint8.tflite': 12_868_864,
  'mobilenetv1-025-224-imagenet.float.tflite': 39_945_472,
  'mobilenetv1-025-224-imagenet.tf-ptq-int8.tflite': 39_318_272,
  'mobilenetv1-025-224-imagenet.uint8.tflite': 39_318_272,
  'mobilenetv1-05-160-imagenet.uint8.tflite': 73_208_512,
  'mobilenetv2-224-imagenet-dq.float.tflite': 294_073_920,
  'mobilenetv2-224-imagenet-tf2dq.float16.tflite': 294_726_208,
  'mobilenetv2-224-imagenet-tf2dq.tf-ptq-int8.tflite': 294_726_208,
  'mobilenetv2-224-imagenet.tf2ptq.tflite': 294_726_208,
  'mobilenetv2-224-imagenet.uint8.tflite': 294_726_208,
  'mobilenetv2-224-nchw-pytorch.int8.tflite': 296_531_068,
  'person-detection.int8.tflite': 7_155_582,
  'tinyengine-person-detection.int8.tflite': 18_202_380,
  'resnet8-large-cifar10.float.tflite': 72_388_544,
  'resnet8-large-cifar10.int8.tflite': 72_388_544,
  'tinyengine-vww.int8.tflite': 10_869_117,
  'vww-mobilenetv1-96.float.tflite': 3_930_209,
  'vww-mobilenetv1-96.int8.tflite': 3_727_313,
  'vww-mobilenetv1-96.tf-ptq-int8.tflite': 3_727_313,
};

/** What an operator of the file becomes; those that become no node are absent. */
const KINDS: Readonly<Record<string, Node['kind']>> = {
  ADD: 'add',
  AVERAGE_POOL_2D: 'pool',
  CONCATENATION: 'concat',
  CONV_2D: 'conv',
  DEPTHWISE_CONV_2D: 'depthwise',
  FULLY_CONNECTED: 'dense',
  MAX_POOL_2D: 'pool',
  MUL: 'add',
  MEAN: 'pool',
  PAD: 'pad',
  RESHAPE: 'reshape',
  SOFTMAX: 'softmax',
  SQUEEZE: 'reshape',
};

const present = hasTestdata('reading of all TFLite models', 'models.json');
const summaries = present
  ? (JSON.parse(Buffer.from(testdata('models.json')).toString()) as Readonly<Record<string, Summary>>)
  : {};
const files = listTestdata('models').filter((file) => file.endsWith('.tflite'));
const supported = files.filter((file) => UNSUPPORTED[file] === undefined && !file.startsWith('ops-seanet'));

function summaryOf(file: string): Summary {
  const summary = summaries[file];
  if (summary === undefined) throw new Error(`models.json lacks ${file}`);
  return summary;
}

const read = (file: string): Graph => readTfliteGraph(testdata(`models/${file}`), file);

function countKinds(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe.skipIf(!present)('TFLite models', () => {
  it.each(supported)('%s: ports, operators and MACs are those of models.json', (file) => {
    const summary = summaryOf(file);
    const graph = read(file);
    checkGraph(graph);
    expect(sum(graph.nodes.map((node) => macsOf(node, graph)))).toBe(summary.macs);

    for (const side of ['inputs', 'outputs'] as const) {
      const ports = graph[side].map(({ name, dtype, shape }) => ({ name, shape, type: dtype.toUpperCase() }));
      expect(ports).toEqual(summary[side].map(({ name, shape, type }) => ({ name, shape, type })));
      graph[side].forEach((port, index) => {
        expect(elementCount(tensorOf(graph, port.tensor).shape)).toBe(port.shape.reduce((a, b) => a * b, 1));
        const stated = summary[side][index];
        if (stated?.scale === undefined || port.dtype === 'float32') return;
        const affine = tensorOf(graph, port.tensor).quantization;
        expect(affine?.scale[0]).toBe(stated.scale);
        expect((affine?.zeroPoint[0] ?? 0) + (port.dtype === 'uint8' ? 128 : 0)).toBe(stated.zp);
      });
    }

    const expected = Object.entries(summary.ops).flatMap(([op, count]) => Array<string>(count).fill(KINDS[op] ?? ''));
    // A mean over one axis is a pool, and what broadcasts is no plain sum; operators that only move values are tested apart.
    const alike: Partial<Record<Node['kind'], Node['kind']>> = { mean: 'pool', binary: 'add' };
    const kinds = graph.nodes
      .map((node) => alike[node.kind] ?? node.kind)
      .filter((kind) => kind !== 'requantize' && kind !== 'rearrange');
    expect(countKinds(kinds)).toEqual(countKinds(expected.filter((kind) => kind !== '')));
  });

  it.each(supported)('%s: odd SAME padding is that of models.json', (file) => {
    const graph = read(file);
    const odd = graph.nodes.flatMap((node) => {
      if (!('window' in node)) return [];
      const { kernel, stride, padding } = node.window;
      if (padding.top === padding.bottom && padding.left === padding.right) return [];
      const { h, w } = inputOf(graph, node).shape;
      const { top, bottom, left, right } = padding;
      const op = node.kind === 'conv' ? 'CONV_2D' : 'DEPTHWISE_CONV_2D';
      const walk = `k${kernel.h}x${kernel.w} s${stride.h} SAME ${h}x${w}`;
      return [`${op} ${walk} pad t${top} b${bottom} l${left} r${right}`];
    });
    const noted = Object.entries(summaryOf(file).notes).filter(([note]) => note.includes('SAME'));
    expect(countKinds(odd)).toEqual(Object.fromEntries(noted));
  });

  it.each(supported)('%s: normalising keeps MACs and ports and leaves no pad, identity or reshape before a dense layer', (file) => {
    const graph = normalise(read(file));
    const macs = sum(graph.nodes.map((node) => macsOf(node, graph)));
    expect(macs).toBe(MACS_WITHOUT_DEAD_CHANNELS[file] ?? summaryOf(file).macs);
    expect(graph.outputs.map((port) => port.shape)).toEqual(summaryOf(file).outputs.map((port) => port.shape));
    const kinds = graph.nodes.map((node) => node.kind);
    expect(kinds).not.toContain('pad');
    expect(kinds).not.toContain('requantize');
    expect(kinds.filter((kind) => kind === 'reshape')).toHaveLength(file.startsWith('micro-speech') ? 1 : 0);
    expect(isQuantized(graph)).toBe(!/float|hybrid/.test(file));
  });

  it.each(Object.entries(UNSUPPORTED))('%s: every operator in the way is named (%s)', (file, codes) => {
    const inspection = inspectTflite(testdata(`models/${file}`), file);
    expect(inspection.supported).toBe(false);
    expect([...new Set(inspection.unsupported.map(({ code }) => code))].sort()).toEqual(codes);
    expect(() => read(file)).toThrow();
    for (const { place, reason, hint, node, op } of inspection.unsupported) {
      expect(place.path).toMatch(/^(operators|tensors)\[\d+\]/);
      expect(reason + hint).not.toMatch(/[{}]|undefined/);
      expect(node).not.toBe('');
      expect(op).not.toBe('');
    }
    const unknown = inspection.unsupported.filter(({ code }) => code === 'QM201');
    const ops = countKinds(unknown.map(({ op }) => op));
    for (const [op, count] of Object.entries(ops)) expect(summaryOf(file).ops[op]).toBe(count);
  });
});

/** One operator of the golden recordings. */
interface GoldenLayer {
  readonly op_index: number;
  readonly tensor: number;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zero_point: number;
}

describe.skipIf(!present)('per-layer shapes and quantization', () => {
  it.each(['kws-dscnn', 'resnet8-cifar10', 'vww-mobilenetv1-96'])('%s.int8.tflite: as the reference interpreter has them', (name) => {
    const recording = Buffer.from(testdata(`reference/${name}.int8.tflite.layers.json`)).toString();
    const { layers } = JSON.parse(recording) as { layers: readonly GoldenLayer[] };
    const graph = read(`${name}.int8.tflite`);
    expect(layers.length).toBe(graph.nodes.length);
    graph.nodes.forEach((node, index) => {
      const layer = layers[index]!;
      const output = outputOf(graph, node);
      expect(node.origin.path).toMatch(`operators[${layer.op_index}]`);
      expect(output.origin.path).toBe(`tensors[${layer.tensor}]`);
      const { h, w, c } = output.shape;
      expect(layer.shape.length === 2 ? [1, c] : [1, h, w, c]).toEqual(layer.shape);
      expect(output.quantization?.scale[0]).toBe(layer.scale);
      expect(output.quantization?.zeroPoint[0]).toBe(layer.zero_point);
    });
  });
});
