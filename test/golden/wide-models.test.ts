import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/normalise/index.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { parseTflite } from '../../src/readers/tflite/parse.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { hasTestdata, listTestdata, testdata } from '../support/testdata.ts';

/**
 * Single operators with int16 maps and int8 weights, which are read as the real values that they stand for. TFLite computes in
 * int16: its results lie within a step or two of the exact ones.
 */
const STEPS = 2;
const present = hasTestdata('int16 models against TFLite', 'reference/index.json');
const files = present ? listTestdata('models/ops-seanet').filter((file) => file.endsWith('.tflite')) : [];

describe.skipIf(!present)('int16 models', () => {
  it.each(files)('%s makes what TFLite makes', async (file) => {
    const bytes = testdata(`models/ops-seanet/${file}`);
    const { tensors, inputs, outputs } = parseTflite(bytes, file);
    const reals = (name: string, tensor: number): Float32Array => {
      const { data } = readNpy(testdata(`reference/ops-seanet_${file}.${name}.npy`), name);
      const { scale, zeroPoint } = tensors[tensor]!.quantization!;
      return Float32Array.from(data as Int32Array, (value) => scale[0]! * (value - zeroPoint[0]!));
    };
    const graph = normalise(readTfliteGraph(bytes, file));
    const expected = reals('output0', outputs[0]!);
    // A transposed convolution is also given the shape of its output, a list that has no scale and is no input of ours.
    const given = inputs.flatMap((tensor, index) =>
      tensors[tensor]!.quantization === null ? [] : [reals(`input${index}`, tensor)],
    );
    expect(graph.inputs).toHaveLength(given.length);
    const [made] = await runFloat(graph, given);
    expect(made).toHaveLength(expected.length);
    const step = tensors[outputs[0]!]!.quantization!.scale[0]!;
    const limit = 32_767 * step;
    const worst = expected.reduce((most, value, index) => {
      const clipped = Math.max(-limit - step, Math.min(limit, made![index]!));
      return Math.max(most, Math.abs(value - clipped));
    }, 0);
    expect(worst / step).toBeLessThanOrEqual(STEPS);
  });
});
