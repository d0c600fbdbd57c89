import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { openModel } from '../../src/host/model-source.ts';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { readModel, tryReadModel } from '../../src/readers/index.ts';
import type { ModelSource } from '../../src/readers/model-files.ts';
import {
  bytesField,
  GraphWriter,
  integerField,
  textField,
  writeGraphDef,
  writeGraphModel,
} from '../support/graph-def-writer.ts';
import { sequential, writeKerasArchive, writeKerasH5, type TestLayer } from '../support/keras-writer.ts';
import { memoryModel, testdataModel } from '../support/model-files.ts';
import { processorMs } from '../support/processor-time.ts';
import { hasTestdata } from '../support/testdata.ts';

/** No damaged file may take more of a processor than this to be refused (or read). */
const PATIENCE_MS = 3000;

/** Codes and places of what keeps a model from being compiled. */
async function problemsOf(source: ModelSource): Promise<readonly string[]> {
  try {
    await readModel(source);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code, place }) => `${code} ${place.path ?? ''}`.trim());
  }
  return [];
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const layers: readonly TestLayer[] = [
  {
    className: 'Conv2D',
    config: { name: 'conv', use_bias: false, padding: 'same' },
    weights: { kernel: { shape: [3, 3, 1, 2], data: Array<number>(18).fill(0.5) } },
  },
  { className: 'Flatten', config: { name: 'flat' } },
];

function smallGraph(): GraphWriter {
  const writer = new GraphWriter();
  const x = writer.placeholder([-1, 4, 4, 1]);
  const kernel = writer.floats([3, 3, 1, 2], Array<number>(18).fill(0.5));
  const strides = { numbers: [1, 1, 1, 1] };
  writer.add('Relu', [writer.add('Conv2D', [x, kernel], { strides, padding: { text: 'SAME' } })]);
  return writer;
}

/** A layers model of TensorFlow.js whose weights are said to lie in `paths`. */
function layersModel(paths: readonly string[]): Uint8Array {
  const weights = [{ name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' }];
  return json({ modelTopology: sequential([4, 4, 1], layers), weightsManifest: [{ paths, weights }] });
}

const shard = new Uint8Array(Float32Array.from({ length: 18 }, (_, i) => i).buffer);

describe('weights in other files', () => {
  it.each(['weights.bin', './weights.bin', './/weights.bin'])('%s is read', async (reference) => {
    const files = { 'model.json': layersModel([reference]), 'weights.bin': shard };
    expect(await problemsOf(memoryModel('model.json', files))).toEqual([]);
    expect(await problemsOf(memoryModel(null, files))).toEqual([]);
  });

  it.each([
    '../weights.bin',
    'a/../../weights.bin',
    '/etc/passwd',
    'C:\\weights.bin',
    'https://host/w.bin',
    '..',
    '.',
    'a\0b',
  ])('%j is refused', async (reference) => {
    const source = memoryModel('model.json', { 'model.json': layersModel([reference]) });
    expect(await problemsOf(source)).toEqual(['QM107 model.json']);
  });

  it.each([
    ['that are missing', ['gone.bin'], 'QM101'],
    ['that are too short', ['short.bin'], 'QM104 conv/kernel'],
    ['listed twice', ['weights.bin', './weights.bin'], 'QM104'],
  ])('%s', async (_, paths, expected) => {
    const files = {
      'model.json': layersModel(paths),
      'weights.bin': shard,
      'short.bin': shard.subarray(0, 70),
    };
    expect(await problemsOf(memoryModel('model.json', files))).toEqual([expected]);
  });

  describe('on disk', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-test-'));
      mkdirSync(path.join(folder, 'model'));
      writeFileSync(path.join(folder, 'secret.bin'), shard);
      symlinkSync(path.join(folder, 'secret.bin'), path.join(folder, 'model', 'weights.bin'));
      writeFileSync(path.join(folder, 'model', 'model.json'), layersModel(['weights.bin']));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    it('are not read through a link out of the folder', async () => {
      expect(await problemsOf(await openModel(path.join(folder, 'model')))).toEqual(['QM107']);
    });

    it('make one digest with the model, and a file alone has its own', async () => {
      rmSync(path.join(folder, 'model', 'weights.bin'));
      writeFileSync(path.join(folder, 'model', 'weights.bin'), shard);
      const model = await openModel(path.join(folder, 'model', 'model.json'));
      await readModel(model);
      const whole = model.digest();
      const again = await openModel(path.join(folder, 'model'));
      await readModel(again);
      expect(again.digest()).toBe(whole);
      const alone = await openModel(path.join(folder, 'secret.bin'));
      await alone.files.read('secret.bin');
      // sha256sum of the 72 bytes, as any tool has it.
      expect(alone.digest()).toMatch(/^[0-9a-f]{64}$/);
      expect(alone.digest()).not.toBe(whole);
    });
  });
});

describe('graphs', () => {
  it('name every node that is not supported, with what can be done', async () => {
    const writer = smallGraph();
    const last = writer.nodes.at(-1)!.name;
    const cos = writer.add('Cos', [last]);
    const topk = writer.add('TopKV2', [cos]);
    writer.add('Mul', [topk, topk]);
    const first = writer.add('Conv2D', [last, writer.floats([1, 1, 2, 2], [1, 2, 3, 4])], {
      data_format: { text: 'NCHW' },
    });
    writer.add('Mul', [last, first]);
    const { problems } = await tryReadModel(memoryModel('g.pb', { 'g.pb': writeGraphDef(writer.nodes) }));
    expect(problems.map(({ op, diagnostic }) => [op, diagnostic.code])).toEqual([
      ['Cos', 'QM201'],
      ['TopKV2', 'QM201'],
      ['Conv2D', 'QM202'],
    ]);
    for (const { diagnostic } of problems)
      expect(diagnostic.hint + diagnostic.message).not.toMatch(/[{}]|undefined/);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    [
      'batches that crop more than was padded',
      () => {
        const writer = new GraphWriter();
        const x = writer.placeholder([1, 4, 4, 2]);
        const block = writer.integers(2, 2);
        const apart = writer.add('SpaceToBatchND', [x, block, writer.paddings(2, 2, 2, 2)]);
        const made = writer.add('Conv2D', [apart, writer.floats([1, 1, 2, 2], [1, 2, 3, 4])], {
          strides: { numbers: [1, 1, 1, 1] },
          dilations: { numbers: [1, 1, 1, 1] },
          padding: { text: 'VALID' },
        });
        writer.add('BatchToSpaceND', [made, block, writer.paddings(2, 4, 2, 2)]);
        return writeGraphDef(writer.nodes);
      },
      /^QM202.*BatchToSpaceND/,
    ],
    [
      'bytes as input',
      () => {
        const writer = new GraphWriter();
        writer.add('Relu', [writer.placeholder([1, 4], 'DT_UINT8')]);
        return writeGraphDef(writer.nodes);
      },
      /^QM204/,
    ],
    [
      'open extents',
      () => {
        const writer = new GraphWriter();
        writer.add('Relu', [writer.placeholder([-1, -1, -1, 3])]);
        return writeGraphDef(writer.nodes);
      },
      /^QM203/,
    ],
    [
      'a node that is not there',
      () => {
        const writer = new GraphWriter();
        writer.add('Relu', ['nobody']);
        return writeGraphDef(writer.nodes);
      },
      /^QM104/,
    ],
    [
      'a circle',
      () => {
        const writer = smallGraph();
        const enter = writer.add('Merge', ['NextIteration']);
        writer.nodes.push({ name: 'NextIteration', op: 'NextIteration', inputs: [enter], attributes: {} });
        writer.add('Exit', [enter]);
        return writeGraphDef(writer.nodes);
      },
      /^QM201/,
    ],
    [
      'a constant of a size that nobody has',
      () => {
        const huge = Buffer.concat([
          integerField(1, 1),
          bytesField(2, bytesField(2, integerField(1, 2 ** 40))),
          bytesField(5, new Uint8Array(4)),
        ]);
        const node = Buffer.concat([
          textField(1, 'c'),
          textField(2, 'Const'),
          bytesField(5, Buffer.concat([textField(1, 'value'), bytesField(2, bytesField(8, huge))])),
        ]);
        const relu = Buffer.concat([textField(1, 'r'), textField(2, 'Relu'), textField(3, 'c')]);
        return Buffer.concat([bytesField(1, node), bytesField(1, relu)]);
      },
      /^QM104/,
    ],
    [
      'functions that call themselves',
      () => {
        const call = Buffer.concat([
          textField(1, 'c'),
          textField(2, 'PartitionedCall'),
          bytesField(
            5,
            Buffer.concat([textField(1, 'f'), bytesField(2, bytesField(10, textField(1, 'again')))]),
          ),
        ]);
        const signature = Buffer.concat([textField(1, 'again'), bytesField(3, textField(1, 'out'))]);
        const ret = Buffer.concat([textField(1, 'out'), textField(2, 'c:output:0')]);
        const body = Buffer.concat([bytesField(1, signature), bytesField(3, call), bytesField(4, ret)]);
        return Buffer.concat([bytesField(1, call), bytesField(2, bytesField(1, body))]);
      },
      /^QM104/,
    ],
  ])('%s', async (_, write, expected) => {
    const problems = await problemsOf(memoryModel('g.pb', { 'g.pb': write() }));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatch(expected);
  });
});

describe('archives', () => {
  it('that unpack to far more than they hold are refused', async () => {
    const archive = zipSync({
      'config.json': new Uint8Array(2 ** 26),
      'model.weights.h5': new Uint8Array(8),
    });
    expect(archive.length).toBeLessThan(100_000);
    expect(await problemsOf(memoryModel('m.keras', { 'm.keras': archive }))).toEqual(['QM104 config.json']);
  });

  it('models applied to themselves do not unfold without end', async () => {
    const input = {
      class_name: 'InputLayer',
      name: 'x',
      config: { name: 'x', batch_shape: [null, 4] },
      inbound_nodes: [],
    };
    const nest = (depth: number): object => {
      const inner =
        depth === 0
          ? { class_name: 'ReLU', name: 'inner', config: { name: 'inner' } }
          : { ...nest(depth - 1), name: 'inner' };
      // Applied to what it made, sixteen times in a row.
      const calls = Array.from({ length: 16 }, (_, i) => [
        [i === 0 ? 'x' : 'inner', i === 0 ? 0 : i - 1, 0, {}],
      ]);
      const config = {
        name: 'n',
        layers: [input, { ...inner, inbound_nodes: calls }],
        input_layers: ['x', 0, 0],
        output_layers: ['inner', 15, 0],
      };
      return { class_name: 'Functional', config };
    };
    const bytes = await writeKerasH5(nest(8), []);
    const start = processorMs();
    expect((await problemsOf(memoryModel('m.h5', { 'm.h5': bytes })))[0]).toMatch(/^QM104/);
    expect(processorMs() - start).toBeLessThan(PATIENCE_MS);
  });
});

/** Reads a model made of damaged bytes: into a graph that holds what graphs promise, or diagnostics, soon. */
async function survive(source: ModelSource): Promise<void> {
  const start = processorMs();
  try {
    const { graph, problems } = await tryReadModel(source);
    if (problems.length === 0) checkGraph(graph);
  } catch (error) {
    expect(error).toBeInstanceOf(DiagnosticError);
  }
  expect(processorMs() - start).toBeLessThan(PATIENCE_MS);
}

/** Up to eight bytes changed, many near the start where the structure is, and sometimes the end cut off. */
function damage(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.oneof(fc.nat(Math.min(bytes.length, 4096) - 1), fc.nat(bytes.length - 1));
  const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  const changes = fc.array(fc.record({ at, value }), { minLength: 1, maxLength: 8 });
  const length = fc.option(fc.nat(bytes.length), { freq: 6, nil: bytes.length });
  return fc.tuple(changes, length).map(([list, end]) => {
    const damaged = Uint8Array.from(bytes);
    for (const change of list) damaged[change.at] = change.value;
    return damaged.subarray(0, end);
  });
}

/** The same JSON with one value in it replaced. */
function damageJson(value: unknown): fc.Arbitrary<unknown> {
  const paths: (readonly string[])[] = [];
  const collect = (part: unknown, at: readonly string[]): void => {
    paths.push(at);
    if (typeof part !== 'object' || part === null) return;
    for (const [key, inner] of Object.entries(part)) collect(inner, [...at, key]);
  };
  collect(value, []);
  const replacement = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 0, 1e9, 2 ** 53, '', null, [], {}),
  );
  return fc.tuple(fc.constantFrom(...paths), replacement).map(([at, other]) => replaceAt(value, at, other));
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaceAt(copy[key], rest, other);
  return copy;
}

describe('damaged models of every format', () => {
  it('Keras HDF5', async () => {
    const bytes = await writeKerasH5(sequential([4, 4, 1], layers), layers);
    await fc.assert(
      fc.asyncProperty(damage(bytes), (damaged) => survive(memoryModel('m.h5', { 'm.h5': damaged }))),
      { numRuns: 300 },
    );
  });

  it('Keras archives', async () => {
    const weights = { 'layers/conv2d/vars/0': layers[0]!.weights!['kernel']! };
    const bytes = await writeKerasArchive(sequential([4, 4, 1], layers), weights);
    await fc.assert(
      fc.asyncProperty(damage(bytes), (damaged) => survive(memoryModel('m.keras', { 'm.keras': damaged }))),
      { numRuns: 200 },
    );
  });

  it('TensorFlow.js layers models', async () => {
    const model = JSON.parse(new TextDecoder().decode(layersModel(['w.bin']))) as unknown;
    await fc.assert(
      fc.asyncProperty(damageJson(model), (damaged) =>
        survive(memoryModel(null, { 'model.json': json(damaged), 'w.bin': shard })),
      ),
      { numRuns: 500 },
    );
  });

  it('TensorFlow.js graph models', async () => {
    const { json: model, weights } = writeGraphModel(smallGraph().nodes);
    await fc.assert(
      fc.asyncProperty(damageJson(model), (damaged) =>
        survive(memoryModel(null, { 'model.json': json(damaged), 'group1-shard1of1.bin': weights })),
      ),
      { numRuns: 500 },
    );
  });

  it('frozen graphs', async () => {
    const bytes = writeGraphDef(smallGraph().nodes);
    await fc.assert(
      fc.asyncProperty(damage(bytes), (damaged) => survive(memoryModel('g.pb', { 'g.pb': damaged }))),
      { numRuns: 1000 },
    );
  });

  const name = 'sww-streaming-wakeword.savedmodel';
  it.skipIf(!hasTestdata('damaged SavedModels', `models/${name}`))('SavedModels', async () => {
    const { files } = testdataModel(name);
    const contents: Record<string, Uint8Array> = {};
    for (const file of [
      'saved_model.pb',
      'variables/variables.index',
      'variables/variables.data-00000-of-00001',
    ]) {
      contents[file] = await files.read(file);
    }
    const damaged = fc
      .constantFrom('saved_model.pb', 'variables/variables.index')
      .chain((file) => damage(contents[file]!).map((bytes) => ({ ...contents, [file]: bytes })));
    await fc.assert(
      fc.asyncProperty(damaged, (own) => survive(memoryModel(null, own))),
      { numRuns: 150 },
    );
  });
});
