import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { readModel } from '../../src/readers/index.ts';
import { startBackend } from '../../src/reference/float/backend.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { writeGraphDef, writeGraphModel, type Quantization } from '../support/graph-def-writer.ts';
import { buildNetwork, CHANNELS, SIZE, STEPS, type Step } from '../support/graph-networks.ts';
import { memoryModel } from '../support/model-files.ts';

async function readGraphModel({ json, weights }: ReturnType<typeof writeGraphModel>): Promise<Graph> {
  const contents = { 'model.json': Buffer.from(JSON.stringify(json)), 'group1-shard1of1.bin': weights };
  return readModel(memoryModel(null, contents));
}

/** The same model as TensorFlow.js itself loads it. */
function loadOracle({
  json,
  weights,
}: ReturnType<typeof writeGraphModel>): ReturnType<typeof loadGraphModelSync> {
  const [group] = json['weightsManifest'] as { weights: tf.io.WeightsManifestEntry[] }[];
  return loadGraphModelSync({
    modelTopology: json['modelTopology'] as object,
    weightSpecs: group!.weights,
    weightData: Uint8Array.from(weights).buffer,
  });
}

const input = Float32Array.from({ length: SIZE * SIZE * CHANNELS }, (_, i) => Math.sin(i));

/** The network of `steps` makes what TensorFlow.js makes of it, before and after normalising. */
async function expectAsTensorFlowJs(steps: readonly Step[], seed: number, bits: Quantization): Promise<void> {
  const model = writeGraphModel(buildNetwork(steps, seed), bits);
  const oracle = loadOracle(model);
  const expected = tf.tidy(() =>
    (oracle.predict(tf.tensor4d(input, [1, SIZE, SIZE, CHANNELS])) as tf.Tensor).dataSync(),
  );
  oracle.dispose();
  const graph = await readGraphModel(model);
  for (const network of [graph, normalise(graph)]) {
    const [actual] = await runFloat(network, [input]);
    expect(actual).toHaveLength(expected.length);
    actual!.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 4);
    });
  }
}

describe('TensorFlow.js graph models', () => {
  beforeAll(() => startBackend());

  it.each(STEPS)('%s makes what TensorFlow.js makes of it', async (step) => {
    await expectAsTensorFlowJs([step, 'conv', step], 7, null);
  });

  it('make what TensorFlow.js makes of them, before and after normalising', async () => {
    const step = fc.constantFrom(...STEPS);
    const quantization = fc.constantFrom<Quantization>(null, 'uint8', 'uint16', 'float16');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.nat(1e6),
        quantization,
        async (steps, seed, bits) => {
          await expectAsTensorFlowJs(steps, seed, bits);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(STEPS)('%s reads the same from a frozen graph', async (step) => {
    const nodes = buildNetwork([step], 5);
    const frozen = await readModel(memoryModel('frozen.pb', { 'frozen.pb': writeGraphDef(nodes) }));
    const fromJson = await readGraphModel(writeGraphModel(nodes));
    const plain = (graph: Graph): unknown =>
      graph.nodes.map((node) => ({ ...node, origin: null })).concat(graph.outputs as never[]);
    expect(plain(frozen)).toEqual(plain(fromJson));
  });
});
