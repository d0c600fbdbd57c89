import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { tensorOf } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import type { GivenShape } from '../../src/readers/input-shapes.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

interface GoldenEntry {
  readonly input?: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

/** Largest difference from TFLite's reference kernels, relative to the largest output: float32 sums in another order. */
const TOLERANCE = 1e-4;
const SAMPLES = 2;

const models = [
  'resnet8-cifar10.float.tflite',
  'resnet8-large-cifar10.float.tflite',
  'vww-mobilenetv1-96.float.tflite',
  'kws-dscnn.float.tflite',
  'sww-streaming-wakeword.float.tflite',
  'ad-autoencoder.float.tflite',
  'dilated-conv.float.tflite',
  'mobilenetv1-025-224-imagenet.float.tflite',
  'mobilenetv2-224-imagenet-dq.float.tflite',
  'mobilenetv2-224-imagenet-tf2dq.float16.tflite',
] as const;

/** What the files leave open, as it was when the outputs were recorded. */
const INPUT_SHAPES: Readonly<Record<string, readonly GivenShape[]>> = {
  'dilated-conv.float.tflite': [{ input: null, extents: [16, 16, 3] }],
};

function floats(file: string): Float32Array {
  const { data } = readNpy(testdata(file), file);
  if (!(data instanceof Float32Array)) throw new Error(`${file} is not float32`);
  return data;
}

describe.skipIf(!hasTestdata('float executor against TFLite'))('float executor against TFLite', () => {
  const index = hasTestdata('index', 'reference/index.json')
    ? (JSON.parse(new TextDecoder().decode(testdata('reference/index.json'))) as Record<string, GoldenEntry>)
    : {};

  it.each(models)('%s', async (model) => {
    const graph = normalise(readTfliteGraph(testdata(`models/${model}`), model, INPUT_SHAPES[model]));
    const entry = index[model]!;
    const [input, expected] = [floats(`reference/${entry.input ?? entry.inputs![0]!}`), floats(`reference/${entry.outputs[0]!}`)];
    const inputLength = elementCount(tensorOf(graph, graph.inputs[0]!.tensor).shape);
    const outputLength = elementCount(tensorOf(graph, graph.outputs[0]!.tensor).shape);
    const count = Math.min(SAMPLES, input.length / inputLength);
    const [output] = await runFloat(graph, [input.subarray(0, count * inputLength)]);
    expect(output!.length).toBe(count * outputLength);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = output!.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(error / largest).toBeLessThan(TOLERANCE);
  });
});
