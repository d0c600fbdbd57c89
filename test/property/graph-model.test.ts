import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { readModel } from '../../src/readers/index.ts';
import { startBackend } from '../../src/reference/float/backend.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import {
  GraphWriter,
  writeGraphDef,
  writeGraphModel,
  type Quantization,
  type TestNode,
} from '../support/graph-def-writer.ts';
import { memoryModel } from '../support/model-files.ts';

const SIZE = 9;
const CHANNELS = 4;

type Step =
  | 'conv'
  | 'strided'
  | 'dilated'
  | 'explicit'
  | 'fused'
  | 'depthwise'
  | 'fused depthwise'
  | 'bias'
  | 'norm'
  | 'batchnorm by hand'
  | 'relu6'
  | 'sigmoid'
  | 'leaky'
  | 'pad'
  | 'pool'
  | 'residual'
  | 'concat'
  | 'clip'
  | 'prelu'
  | 'identity';

const STEPS: readonly Step[] = [
  'conv',
  'strided',
  'dilated',
  'explicit',
  'fused',
  'depthwise',
  'fused depthwise',
  'bias',
  'norm',
  'batchnorm by hand',
  'relu6',
  'sigmoid',
  'leaky',
  'pad',
  'pool',
  'residual',
  'concat',
  'clip',
  'prelu',
  'identity',
];

/** A network of `steps` on a 9x9x4 map, ending in a mean, a dense layer and a softmax. */
function buildNetwork(steps: readonly Step[], seed: number): readonly TestNode[] {
  const random = mulberry32(seed);
  const writer = new GraphWriter();
  const floats = (shape: number[], low = -1): string =>
    writer.floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => low + (1 - low) * random()),
    );
  const ones = { numbers: [1, 1, 1, 1] };
  const text = (value: string): { text: string } => ({ text: value });
  const conv = (x: string, stride = 1, dilation = 1): string =>
    writer.add('Conv2D', [x, floats([3, 3, CHANNELS, CHANNELS])], {
      strides: { numbers: [1, stride, stride, 1] },
      dilations: { numbers: [1, dilation, dilation, 1] },
      padding: text('SAME'),
      data_format: text('NHWC'),
    });

  const apply = (x: string, step: Step): string => {
    switch (step) {
      case 'conv':
        return conv(x);
      case 'strided':
        return conv(x, 2);
      case 'dilated':
        return conv(x, 1, 2);
      case 'explicit':
        return writer.add('Conv2D', [x, floats([3, 3, CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('EXPLICIT'),
          explicit_paddings: { numbers: [0, 0, 2, 1, 1, 0, 0, 0] },
        });
      case 'fused':
        return writer.add('_FusedConv2D', [x, floats([1, 1, CHANNELS, CHANNELS]), floats([CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
          fused_ops: { texts: ['BiasAdd', 'Relu6'] },
          num_args: { integer: 1 },
        });
      case 'depthwise':
        return writer.add('DepthwiseConv2dNative', [x, floats([3, 3, CHANNELS, 1])], {
          strides: ones,
          dilations: ones,
          padding: text('SAME'),
        });
      case 'fused depthwise':
        return writer.add(
          'FusedDepthwiseConv2dNative',
          [x, floats([3, 3, CHANNELS, 1]), floats([CHANNELS])],
          {
            strides: ones,
            dilations: ones,
            padding: text('SAME'),
            fused_ops: { texts: ['BiasAdd', 'Relu'] },
            num_args: { integer: 1 },
          },
        );
      case 'bias':
        return writer.add('BiasAdd', [x, floats([CHANNELS])], { data_format: text('NHWC') });
      case 'norm':
        return writer.add(
          'FusedBatchNormV3',
          [x, floats([CHANNELS]), floats([CHANNELS]), floats([CHANNELS]), floats([CHANNELS], 0.1)],
          { epsilon: { float: 0.001 }, data_format: text('NHWC'), is_training: { flag: false } },
        );
      case 'batchnorm by hand': {
        const scaled = writer.add('Mul', [x, floats([1, 1, 1, CHANNELS])]);
        return writer.add('AddV2', [writer.add('Sub', [scaled, floats([CHANNELS])]), floats([1])]);
      }
      case 'relu6':
        return writer.add('Relu6', [x]);
      case 'sigmoid':
        return writer.add('Sigmoid', [x]);
      case 'leaky':
        return writer.add('LeakyRelu', [x], { alpha: { float: 0.25 } });
      case 'pad':
        return writer.add('Pad', [x, writer.paddings(0, 0, 1, 0, 0, 2, 0, 0)]);
      case 'pool':
        return writer.add(random() < 0.5 ? 'AvgPool' : 'MaxPool', [x], {
          ksize: { numbers: [1, 2, 2, 1] },
          strides: ones,
          padding: text('SAME'),
        });
      case 'residual':
        return writer.add('AddV2', [x, conv(x)]);
      case 'concat': {
        const joined = writer.add('ConcatV2', [x, conv(x), writer.integer(-1)], { N: { integer: 2 } });
        return writer.add('Conv2D', [joined, floats([1, 1, 2 * CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
        });
      }
      case 'clip':
        return writer.add('Minimum', [
          writer.add('Maximum', [x, writer.floats([], [-0.5])]),
          writer.floats([], [2]),
        ]);
      case 'prelu':
        return writer.add('Prelu', [x, writer.floats([CHANNELS], Array<number>(CHANNELS).fill(0.5))]);
      case 'identity':
        return writer.add('Identity', [x]);
    }
  };

  const last = steps.reduce(apply, writer.placeholder([-1, SIZE, SIZE, CHANNELS]));
  const mean = writer.add('Mean', [last, writer.integers(1, 2)], { keep_dims: { flag: true } });
  const flat = writer.add('Reshape', [mean, writer.integers(-1, CHANNELS)]);
  const dense = writer.add('MatMul', [flat, floats([CHANNELS, 3])], {
    transpose_a: { flag: false },
    transpose_b: { flag: false },
  });
  writer.add('Softmax', [writer.add('BiasAdd', [dense, floats([3])])]);
  return writer.nodes;
}

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

describe('TensorFlow.js graph models', () => {
  beforeAll(() => startBackend());

  it('make what TensorFlow.js makes of them, before and after normalising', async () => {
    const step = fc.constantFrom(...STEPS);
    const quantization = fc.constantFrom<Quantization>(null, 'uint8', 'uint16', 'float16');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.nat(1e6),
        quantization,
        async (steps, seed, bits) => {
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
        },
      ),
      { numRuns: 60 },
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
