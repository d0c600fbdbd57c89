import { expect, it } from 'vitest';
import { normalise } from '../../src/normalise/index.ts';
import { tensorOf } from '../../src/ir/graph.ts';
import { mapOf } from '../../src/ir/quant-model.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { decodePort, encodeInput } from '../../src/quant/ports.ts';
import { channelsLast } from '../../src/readers/inputs/input-set.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { npyOf } from '../support/npz.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

// Models whose ports are integers: test/golden/integer-executor.test.ts.
it.skipIf(!hasTestdata('a quantized model with float ports'))('equals TFLite between float ports', () => {
  const file = 'tinyengine-vww.int8.tflite';
  const graph = normalise(readTfliteGraph(testdata(`models/${file}`), file));
  const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
  const { schedule, memory } = planWholeTensors(model);
  const run = prepareInteger(model, schedule, memory);
  const [inputs, outputs] = [npyOf('reference/inputs/coco80.f32.npy'), npyOf(`reference/${file}.output.npy`)];
  const [count = 0] = inputs.shape;
  const sampleOf = (data: typeof inputs.data, sample: number): number[] =>
    Array.from(data.subarray((sample * data.length) / count, ((sample + 1) * data.length) / count), Number);
  for (let sample = 0; sample < count; sample++) {
    const bytes = encodeInput(model, model.inputs[0]!, sampleOf(inputs.data, sample), 'float');
    const [output] = run([bytes]);
    // DEQUANTIZE multiplies in float32, which is exact to the last bit here.
    expect(Array.from(decodePort(model, model.outputs[0]!, output!))).toEqual(sampleOf(outputs.data, sample));
  }
});

/** Operators of which other models have none: squeeze and excite, a transposed input, resizing, several ports. */
const PORTED = [
  ['mcunetv2-large-imagenet.int8.tflite', ['inputs/imagenet224.f32.npy'], ['output']],
  ['mobilenetv2-224-nchw-pytorch.int8.tflite', ['inputs/nchw.i8.npy'], ['output']],
  ['tinyengine-person-detection.int8.tflite', ['inputs/det.f32.npy'], ['output0', 'output1', 'output2']],
  ['simple-add.int8.tflite', [0, 1], ['output0']],
  ['split-concat.uint8.tflite', [0, 1, 2], ['output0', 'output1', 'output2', 'output3', 'output4']],
] as const;

it.skipIf(!hasTestdata('quantized models of many operators')).each(PORTED)(
  '%s: the first sample equals TFLite',
  (file, inputs, outputs) => {
    const graph = normalise(readTfliteGraph(testdata(`models/${file}`), file));
    const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
    const { schedule, memory } = planWholeTensors(model);
    const first = ({ data, shape }: ReturnType<typeof npyOf>): number[] =>
      Array.from(data.subarray(0, data.length / shape[0]!), Number);
    const bytes = inputs.map((input, port) => {
      const array = npyOf(`reference/${typeof input === 'string' ? input : `${file}.input${input}.npy`}`);
      const type = array.data instanceof Float32Array ? 'float' : array.data instanceof Int8Array ? 'int8' : 'uint8';
      const { map, isChannelsFirst } = model.inputs[port]!;
      const values = Float32Array.from(first(array));
      const sample = isChannelsFirst === true ? channelsLast(values, mapOf(model, map).shape) : values;
      return encodeInput(model, model.inputs[port]!, sample, type);
    });
    const made = prepareInteger(model, schedule, memory)(bytes);
    outputs.forEach((output, port) => {
      const expected = npyOf(`reference/${file}.${output}.npy`);
      const actual =
        expected.data instanceof Float32Array
          ? decodePort(model, model.outputs[port]!, made[port]!)
          : expected.data instanceof Int8Array
            ? new Int8Array(made[port]!.buffer)
            : made[port]!;
      expect(Array.from(actual)).toEqual(first(expected));
    });
  },
);

it.skipIf(!hasTestdata('a model that takes channels first'))('leaves no transpose of channels that come first', () => {
  const file = 'mobilenetv2-224-nchw-pytorch.int8.tflite';
  const graph = normalise(readTfliteGraph(testdata(`models/${file}`), file));
  expect(graph.nodes.map(({ kind }) => kind)).not.toContain('rearrange');
  expect(graph.inputs).toMatchObject([{ shape: [1, 3, 224, 224], isChannelsFirst: true }]);
  expect(tensorOf(graph, graph.inputs[0]!.tensor).shape).toEqual({ h: 224, w: 224, c: 3 });
});
