import { expect, it } from 'vitest';
import { normalise } from '../../src/normalise/index.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { decodePort, encodeInput } from '../../src/quant/ports.ts';
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
