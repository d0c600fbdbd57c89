import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { recognizeFormat } from '../../src/readers/format.ts';
import { readModel } from '../../src/readers/index.ts';
import { memoryModel } from '../support/model-files.ts';
import { Network } from '../support/network.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';
import { writeTflite, type ModelDescription } from '../support/tflite-writer.ts';
import { inspectTflite, readTfliteGraph } from '../support/read-tflite.ts';
import { processorMs } from '../support/processor-time.ts';

const FILE = 'model.tflite';
/** No damaged file may take longer than this to be refused (or read). */
const PATIENCE_MS = 2000;

/** Codes and places of the diagnostics that reading stops with. */
function problemsOf(bytes: Uint8Array): readonly string[] {
  try {
    readTfliteGraph(bytes, FILE);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code, place }) => `${code} ${place.path ?? ''}`.trim());
  }
  return [];
}

/** A model of one operator on maps of 1x4x4x2, with what `change` makes different. */
function oneOperator(change: Partial<ModelDescription>): Uint8Array {
  return writeTflite({
    tensors: [
      { name: 'in', shape: [1, 4, 4, 2] },
      { name: 'out', shape: [1, 4, 4, 2] },
    ],
    operators: [{ op: 'RELU', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
    ...change,
  });
}

function smallNetwork(): Uint8Array {
  const net = new Network('int8', 1);
  const x = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], stride: [2, 2], activation: 'relu' });
  const y = net.depthwise(net.pad(x, [1, 1, 1, 1]), {
    kernel: [3, 3],
    padding: 'valid',
    activation: 'relu6',
  });
  return net.write([
    net.softmax(
      net.dense(net.reshape(net.pool(y, 'average', { kernel: [4, 4], padding: 'valid' }), [1, 4]), 5),
    ),
  ]);
}

describe('unknown and unreadable formats', () => {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);

  it.each([
    ['nothing at all', new Uint8Array(), 'QM102'],
    ['a web page', text('<!DOCTYPE html><html>'), 'QM102'],
    ['another identifier', text('\x1c\0\0\0TFL2and so on'), 'QM102'],
    ['some JSON', text('{"name": "not a model"}'), 'QM102'],
  ])('%s', async (_, bytes, code) => {
    await expect(readModel(memoryModel('m', { m: bytes }))).rejects.toThrow(code);
  });

  it.each([
    ['ONNX', Uint8Array.of(0x08, 0x07, 0x12, 0x07)],
    ['NumPy array', text('\x93NUMPY').subarray(1).fill(0x93, 0, 1)],
    ['gzip archive', Uint8Array.of(0x1f, 0x8b)],
  ])('%s is recognized but not read', async (format, bytes) => {
    const source = memoryModel('m', { m: bytes });
    await expect(readModel(source)).rejects.toThrow('QM103');
    await expect(readModel(source)).rejects.toThrow(format);
  });

  it.each([
    ['Keras HDF5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['Keras v3 (zip)', text('PK\x03\x04')],
    ['TensorFlow.js', text('{"format": "layers-model", "modelTopology": {}}')],
    ['TensorFlow.js', text('{"modelJSON": "{\\"modelTopology\\": {}}"}')],
    ['SavedModel', Uint8Array.of(0x08, 0x01, 0x12, 0x00)],
    ['TensorFlow graph', text('\n\x08\n\x01x\x12\x03Abs')],
  ])('%s with nothing in it is damaged', async (format, bytes) => {
    expect(recognizeFormat(bytes)).toBe(format);
    await expect(readModel(memoryModel('m', { m: bytes }))).rejects.toThrow(/QM10[46]|QM201|QM210/);
  });

  it('a folder without a model', async () => {
    await expect(readModel(memoryModel(null, { 'notes.txt': text('hello') }))).rejects.toThrow('QM108');
  });
});

describe('what a model may not have', () => {
  it('names every operator that is not supported, custom ones too', () => {
    const bytes = oneOperator({
      tensors: [0, 1, 2, 3].map((index) => ({ name: `t${index}`, shape: [1, 4, 4, 2] })),
      operators: [
        { op: 'COS', inputs: [0], outputs: [1] },
        { op: 'RELU', inputs: [1], outputs: [2] },
        { op: 'MyOperator', inputs: [2], outputs: [3] },
      ],
      outputs: [3],
    });
    expect(problemsOf(bytes)).toEqual(['QM201 operators[0] COS', 'QM201 operators[2] CUSTOM MyOperator']);
    const { nodes, supported, unsupported } = inspectTflite(bytes, FILE);
    expect({ nodes, supported }).toEqual({ nodes: 1, supported: false });
    expect(unsupported.map(({ node, op }) => [node, op])).toEqual([
      ['t1', 'COS'],
      ['t3', 'CUSTOM MyOperator'],
    ]);
  });

  it('dynamic rows and columns, but a dynamic batch is fine', () => {
    const withSignature = (signature: readonly number[]): Uint8Array =>
      oneOperator({ tensors: [{ name: 'in', shape: [1, 4, 4, 2], signature }, { shape: [1, 4, 4, 2] }] });
    expect(problemsOf(withSignature([-1, 4, -1, 2]))).toEqual(['QM203 tensors[0]']);
    expect(problemsOf(withSignature([-1, 4, 4, 2]))).toEqual([]);
  });

  it.each([
    ['int16 maps without a scale', { type: 'int16' as const }, 'QM204'],
    ['integers', { type: 'int64' as const, scale: [1] }, 'QM204'],
    ['maps without a scale', { type: 'int8' as const }, 'QM207'],
    ['maps with a scale for each channel', { type: 'int8' as const, scale: [1, 2], axis: 3 }, 'QM207'],
    ['a scale of 0', { type: 'int8' as const, scale: [0] }, 'QM207'],
    ['a scale that is not a number', { type: 'int8' as const, scale: [NaN] }, 'QM207'],
    ['a zero point out of range', { type: 'int8' as const, scale: [1], zeroPoint: [128] }, 'QM207'],
    ['a negative uint8 zero point', { type: 'uint8' as const, scale: [1], zeroPoint: [-1] }, 'QM207'],
    ['a batch of 2', { shape: [2, 4, 4, 2] }, 'QM206'],
    ['five axes', { shape: [1, 1, 4, 4, 2] }, 'QM206'],
    ['an empty axis', { shape: [1, 0, 4, 2] }, 'QM203'],
    ['an absurd extent', { shape: [1, 2 ** 30, 2 ** 30, 2 ** 30] }, 'QM206'],
  ])('%s', (_, input, code) => {
    const bytes = oneOperator({ tensors: [{ shape: [1, 4, 4, 2], ...input }, { shape: [1, 4, 4, 2] }] });
    expect(problemsOf(bytes)).toEqual([`${code} tensors[0]`]);
  });

  it('an output whose shape the operator does not make', () => {
    expect(problemsOf(oneOperator({ tensors: [{ shape: [1, 4, 4, 2] }, { shape: [1, 4, 4, 3] }] }))).toEqual([
      'QM206 tensors[1]',
    ]);
  });

  it('but float maps may meet int8 weights, and int16 maps have real values', () => {
    const bytes = oneOperator({
      tensors: [
        { shape: [1, 4] },
        { shape: [1, 2] },
        { shape: [2, 4], type: 'int8', data: new Int8Array(8), scale: [0.5] },
      ],
      operators: [{ op: 'FULLY_CONNECTED', inputs: [0, 2, -1], outputs: [1], table: 'FullyConnected' }],
    });
    expect(problemsOf(bytes)).toEqual([]);
    const wide = { shape: [1, 4, 4, 2], type: 'int16', scale: [0.1] } as const;
    expect(problemsOf(oneOperator({ tensors: [wide, wide] }))).toEqual([]);
  });

  it('integer maps with float weights, and maps of both kinds', () => {
    const quantized = { type: 'int8', scale: [1] } as const;
    const dense = oneOperator({
      tensors: [
        { shape: [1, 4], ...quantized },
        { shape: [1, 2], ...quantized },
        { shape: [2, 4], data: new Float32Array(8) },
      ],
      operators: [{ op: 'FULLY_CONNECTED', inputs: [0, 2], outputs: [1], table: 'FullyConnected' }],
    });
    expect(problemsOf(dense)).toEqual(['QM208 operators[0] FULLY_CONNECTED']);
    const mixed = oneOperator({ tensors: [{ shape: [1, 4, 4, 2] }, { shape: [1, 4, 4, 2], ...quantized }] });
    expect(problemsOf(mixed)).toEqual(['QM208 operators[0] RELU']);
  });

  it('weights that are not finite, of a wrong type, or with scales along a wrong axis', () => {
    const dense = (weights: ModelDescription['tensors'][number], map: object = {}): Uint8Array =>
      oneOperator({
        tensors: [{ shape: [1, 4], ...map }, { shape: [1, 2], ...map }, weights],
        operators: [{ op: 'FULLY_CONNECTED', inputs: [0, 2], outputs: [1], table: 'FullyConnected' }],
      });
    const quantized = { type: 'int8', scale: [1] };
    const data = new Int8Array(8);
    expect(problemsOf(dense({ shape: [2, 4], data: Float32Array.of(1, 2, 3, NaN, 5, 6, 7, 8) }))).toEqual([
      'QM209 tensors[2]',
    ]);
    expect(problemsOf(dense({ shape: [2, 4], type: 'int32', data: new Int32Array(8) }, quantized))).toEqual([
      'QM211 tensors[2]',
    ]);
    const alongInputs = { shape: [2, 4], type: 'int8', data, scale: [1, 1, 1, 1], axis: 1 } as const;
    expect(problemsOf(dense(alongInputs, quantized))).toEqual(['QM207 tensors[2]']);
    const tooMany = { shape: [2, 4], type: 'int8', data, scale: [1, 1, 1] } as const;
    expect(problemsOf(dense(tooMany, quantized))).toEqual(['QM207 tensors[2]']);
  });

  it('padding with several values', () => {
    const net = {
      tensors: [
        { shape: [1, 4, 4, 2] },
        { shape: [1, 6, 4, 2] },
        { shape: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 1, 1, 0, 0, 0, 0) },
        { shape: [2], data: Float32Array.of(1, 2) },
      ],
      operators: [{ op: 'PADV2', inputs: [0, 2, 3], outputs: [1] }],
    } as const;
    expect(problemsOf(oneOperator(net))).toEqual(['QM104 operators[0] PADV2']);
  });

  it('no inputs, no outputs, or an output that nothing computes', () => {
    expect(problemsOf(oneOperator({ operators: [], outputs: [], inputs: [0] }))).toEqual(['QM210']);
    expect(problemsOf(oneOperator({ operators: [], inputs: [], outputs: [] }))).toEqual(['QM210', 'QM210']);
    expect(problemsOf(oneOperator({ operators: [], outputs: [0] }))).toEqual(['QM210 tensors[0]']);
  });
});

describe('files that contradict themselves', () => {
  it.each<[string, Partial<ModelDescription>, string]>([
    [
      'a tensor that does not exist',
      { operators: [{ op: 'RELU', inputs: [7], outputs: [1] }] },
      'QM104 subgraphs[0].operators[0]',
    ],
    ['an operator before what it reads', { inputs: [] }, 'QM104 tensors[0]'],
    [
      'two writers of one tensor',
      { operators: [0, 0].map(() => ({ op: 'RELU', inputs: [0], outputs: [1] })) },
      'QM104 tensors[1]',
    ],
    [
      'an operator without outputs',
      { operators: [{ op: 'RELU', inputs: [0], outputs: [] }] },
      'QM104 operators[0] RELU',
    ],
    [
      'an operator without inputs',
      { operators: [{ op: 'RELU', inputs: [], outputs: [1] }] },
      'QM104 operators[0] RELU',
    ],
    [
      'an operator without its options',
      { operators: [{ op: 'SOFTMAX', inputs: [0], outputs: [1] }] },
      'QM104 operators[0] SOFTMAX',
    ],
    ['the same input twice', { inputs: [0, 0] }, 'QM104 tensors[0]'],
    [
      'a cycle',
      {
        operators: [
          { op: 'ADD', inputs: [0, 1], outputs: [2], table: 'Add' },
          { op: 'RELU', inputs: [2], outputs: [1] },
        ],
        tensors: [0, 1, 2].map(() => ({ shape: [1, 4, 4, 2] })),
      },
      'QM104 tensors[1]',
    ],
    [
      'too little data for the shape',
      {
        tensors: [{ shape: [1, 4] }, { shape: [1, 2] }, { shape: [2, 4], data: new Float32Array(7) }],
        operators: [{ op: 'FULLY_CONNECTED', inputs: [0, 2], outputs: [1], table: 'FullyConnected' }],
      },
      'QM104 tensors[2]',
    ],
  ])('%s', (_, change, expected) => {
    expect(problemsOf(oneOperator(change))).toEqual([expected]);
  });

  it('a file cut short anywhere', () => {
    const bytes = smallNetwork();
    expect(problemsOf(bytes)).toEqual([]);
    for (let length = 8; length < bytes.length; length++) {
      const problems = problemsOf(bytes.subarray(0, length));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems[0]).toMatch(/^QM104/);
    }
  });

  it('bytes changed at random end in a graph or in diagnostics, soon', () => {
    const bytes = smallNetwork();
    const change = fc.record({
      at: fc.nat(bytes.length - 1),
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x55),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutated = bytes.slice();
        for (const { at, value } of changes) mutated[at] = value;
        const start = processorMs();
        try {
          checkGraph(readTfliteGraph(mutated, FILE));
        } catch (error) {
          expect(error).toBeInstanceOf(DiagnosticError);
        }
        expect(processorMs() - start).toBeLessThan(PATIENCE_MS);
      }),
      { numRuns: 3000 },
    );
  });

  it('vectors that refer to one thing over and over do not unfold', () => {
    // A million entries of one vector of tensors, all the same table with the same long name.
    const bytes = writeTflite({
      tensors: [{ name: 'x'.repeat(4096), shape: [1, 4] }],
      operators: [],
      inputs: Array<number>(100_000).fill(0),
      outputs: [],
    });
    const view = new DataView(bytes.buffer);
    const inputs = vectorOf(view, 100_000);
    const tensors = vectorOf(view, 1);
    const table = tensors + 4 + view.getUint32(tensors + 4, true);
    for (let entry = 0; entry < 100_000; entry++) {
      const at = inputs + 4 + 4 * entry;
      if (table > at) view.setUint32(at, table - at, true);
    }
    const field = fieldOfSubgraph(view, 0);
    view.setUint32(field, inputs - field, true);
    const start = processorMs();
    expect(problemsOf(bytes)[0]).toMatch(/^QM104/);
    expect(processorMs() - start).toBeLessThan(PATIENCE_MS);
  });
});

describe.skipIf(!hasTestdata('cutting and changing real models', 'models'))('real models', () => {
  it.each([
    'resnet8-cifar10.int8',
    'kws-dscnn.float',
    'mobilenetv1-025-128-imagenet.uint8',
    'tinyengine-vww.int8',
  ])('%s cut at every sixteenth', (name) => {
    const bytes = testdata(`models/${name}.tflite`);
    for (let part = 0; part < 16; part++) {
      expect(problemsOf(bytes.subarray(0, Math.floor((bytes.length * part) / 16)))[0]).toMatch(/^QM10[24]/);
    }
  });

  it('kws-dscnn.int8 with bytes changed at random', () => {
    const bytes = testdata('models/kws-dscnn.int8.tflite');
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) }), {
          minLength: 1,
          maxLength: 32,
        }),
        (flips) => {
          const mutated = Uint8Array.from(bytes);
          for (const { at, bit } of flips) mutated[at] = (mutated[at] ?? 0) ^ (1 << bit);
          try {
            checkGraph(readTfliteGraph(mutated, FILE));
          } catch (error) {
            expect(error).toBeInstanceOf(DiagnosticError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Offset of the first vector whose length field is `length`, found by following the file's own references. */
function vectorOf(view: DataView, length: number): number {
  const field = fieldOfSubgraph(view, length === 1 ? 0 : 1);
  return field + view.getUint32(field, true);
}

/** Offset of field `index` of the first subgraph. */
function fieldOfSubgraph(view: DataView, index: number): number {
  const field = fieldOf(view, view.getUint32(0, true), 2);
  const vector = field + view.getUint32(field, true);
  return fieldOf(view, vector + 4 + view.getUint32(vector + 4, true), index);
}

function fieldOf(view: DataView, table: number, index: number): number {
  const vtable = table - view.getInt32(table, true);
  return table + view.getUint16(vtable + 4 + 2 * index, true);
}
