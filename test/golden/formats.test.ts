import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { realValues } from '../../src/ir/constant.ts';
import { inputOf, outputOf, type Constant, type Graph, type Node } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { readModel } from '../../src/readers/index.ts';
import { testdataModel } from '../support/model-files.ts';
import { differenceFrom, listRecordings } from '../support/reference.ts';
import { listTestdata, testdata } from '../support/testdata.ts';

const recordings = listRecordings(() => true);

/** What recording in float32 on another machine may move, relative to the largest output; the worst is 3.3e-6. */
const TOLERANCE = 1e-5;

const read = async (name: string): Promise<Graph> => normalise(await readModel(testdataModel(name)));

describe.skipIf(recordings.length === 0)('models of all formats', () => {
  it.each(recordings)('$model makes what was recorded, within 1e-5', async (recording) => {
    expect(await differenceFrom(await read(recording.model), recording)).toBeLessThan(TOLERANCE);
  });

  it('ad-autoencoder.tfjs makes what its Keras file made', async () => {
    const recording = { model: '', input: 'inputs/ad.f32.npy', output: 'ad-autoencoder.keras.output.npy' };
    expect(await differenceFrom(await read('ad-autoencoder.tfjs'), recording)).toBeLessThan(TOLERANCE);
  });

  it.each([
    // Weights in 16 and 8 bits move the outputs of the network; how far is a property of the files.
    ['resnet8-cifar10.tfjs-uint16', 'resnet8-cifar10.tfjs', 1e-3],
    ['resnet8-cifar10.tfjs-uint8', 'resnet8-cifar10.tfjs', 0.2],
    ['mobilenetv1-025-224-imagenet.tfjs-float16', 'mobilenetv1-025-224-imagenet.tfjs', 1e-2],
  ])('%s has the weights of %s in fewer bits', async (name, original, tolerance) => {
    const recording = recordings.find(({ model }) => model === original)!;
    const graph = await read(name);
    expect(await differenceFrom(graph, recording)).toBeLessThan(tolerance);
    expect([...describeNodes(graph).keys()]).toEqual([...describeNodes(await read(original)).keys()]);
  });

  it.each(listTestdata('models/tfjs-ml4f').filter((file) => file.endsWith('.json')))('tfjs-ml4f/%s reads', async (file) => {
    const graph = await read(`tfjs-ml4f/${file}`);
    const text = Buffer.from(testdata(`models/tfjs-ml4f/${file}`)).toString();
    const { inputShape, outputShape } = JSON.parse(text) as { inputShape?: number[]; outputShape?: number };
    if (inputShape !== undefined) expect(graph.inputs[0]?.shape).toEqual([1, ...inputShape]);
    if (outputShape !== undefined) expect(graph.outputs[0]?.shape).toEqual([1, outputShape]);
  });
});

/** The networks that come in several formats; the first of each is what the others are compared with. */
const FAMILIES = [
  ['resnet8-cifar10', '.float.tflite', '.h5', '.keras', '.tfjs', '.savedmodel'],
  ['vww-mobilenetv1-96', '.float.tflite', '.h5', '.keras', '.tfjs', '.savedmodel'],
  ['kws-dscnn', '.float.tflite', '.h5', '.keras', '.tfjs', '.savedmodel'],
  ['sww-streaming-wakeword', '.float.tflite', '.h5', '.keras', '.tfjs', '.savedmodel'],
  ['mobilenetv1-025-224-imagenet', '.float.tflite', '.h5', '.keras', '.tfjs'],
  ['mobilenetv2-224-imagenet-dq', '.float.tflite', '.h5'],
  ['ad-autoencoder', '-from-h5.float.tflite', '.tfjs'],
] as const;

const pairs = FAMILIES.flatMap(([name, first, ...others]) =>
  others.map((other) => [`${name}${other}`, `${name}${first}`] as const),
);

describe.skipIf(recordings.length === 0)('one network in several formats', () => {
  it.each(pairs)('%s is the graph of %s', async (name, original) => {
    const [graph, expected] = [describeNodes(await read(name)), describeNodes(await read(original))];
    expect([...graph.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [description, node] of graph) {
      const other = expected.get(description)!;
      if (!('weights' in node) || !('weights' in other)) continue;
      expect(largestDifference(node.weights, other.weights)).toBeLessThan(1e-5);
      const count = node.weights.shape.at(node.kind === 'depthwise' ? -1 : 0) ?? 0;
      const zeros = { kind: 'float', shape: [count], data: new Float32Array(count) } as const;
      expect(largestDifference(node.bias ?? zeros, other.bias ?? zeros)).toBeLessThan(1e-5);
    }
  });
});

const UNTOLD: ReadonlySet<string> = new Set(['id', 'name', 'origin', 'inputs', 'output', 'weights', 'bias']);

/**
 * The nodes of a graph by what they are and read: kind, shapes, geometry, and the same of each node before them. Names, weights,
 * the order of independent nodes and of the terms of a sum say nothing.
 */
function describeNodes(graph: Graph): ReadonlyMap<string, Node> {
  const written = new Map<number, string>();
  const nodes = new Map<string, Node>();
  for (const node of graph.nodes) {
    const reads = node.inputs.map((input) => written.get(input) ?? 'input');
    const attributes = Object.entries(node).filter(([key]) => !UNTOLD.has(key));
    const description = JSON.stringify(
      [
        ...attributes,
        inputOf(graph, node).shape,
        outputOf(graph, node).shape,
        node.kind === 'add' ? reads.sort() : reads,
      ],
      (_, value: unknown) => (typeof value === 'number' ? String(value) : value),
    );
    const key = createHash('sha256').update(description).digest('hex');
    expect(nodes.has(key)).toBe(false);
    written.set(node.output, key);
    nodes.set(key, node);
  }
  return nodes;
}

/** The largest difference between two constants, relative to the largest value. */
function largestDifference(a: Constant, b: Constant): number {
  expect(a.shape).toEqual(b.shape);
  const [as, bs] = [realValues(a), realValues(b)];
  let [difference, largest] = [0, 1e-30];
  as.forEach((value, index) => {
    difference = Math.max(difference, Math.abs(value - bs[index]!));
    largest = Math.max(largest, Math.abs(bs[index]!));
  });
  return difference / largest;
}
