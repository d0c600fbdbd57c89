import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import { encodeTape } from '../../src/ir/tape.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { normalise } from '../../src/normalise/index.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { planPortably } from '../support/plans.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';

/** The most arena bytes of a network in patches, streamed, and streamed with its input pushed by rows, and of such a tape. */
const LIMITS = {
  'resnet8-cifar10.int8': [18_000, 13_600, 13_600, 200],
  'vww-mobilenetv1-96.int8': [41_000, 36_900, 13_600, 200],
  'kws-dscnn.int8': [16_000, 9_300, 9_300, 150],
  'tinyengine-vww.int8': [38_000, 24_000, 15_500, 300],
  'mobilenetv1-025-224-imagenet.tf-ptq-int8': [200_800, 163_100, 44_200, 300],
  'mobilenetv2-224-imagenet-tf2dq.tf-ptq-int8': [326_200, 196_300, 128_800, 400],
} as const;

function modelOf(name: string): QuantModel {
  const file = `models/${name}.tflite`;
  const graph = normalise(readTfliteGraph(testdata(file), file));
  return importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
}

describe.skipIf(!hasTestdata('schedules of real models'))('real models compute the same', () => {
  it.each(Object.entries(LIMITS))('%s', { timeout: 120_000 }, (name, limits) => {
    const [patchBytes, streamBytes, pushedBytes, tapeBytes] = limits;
    const model = modelOf(name);
    const random = mulberry32(5);
    const bytes = elementCount(mapOf(model, model.inputs[0]!.map).shape);
    const input = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
    const whole = planWholeTensors(model);
    const expected = prepareInteger(model, whole.schedule, whole.memory)([input]);

    const schedules = [
      { kind: 'patch', pushRows: false, limitBytes: patchBytes },
      { kind: 'stream', pushRows: false, limitBytes: streamBytes },
      { kind: 'stream', pushRows: true, limitBytes: pushedBytes },
    ] as const;
    for (const { kind, pushRows, limitBytes } of schedules) {
      const { schedule, plan } = planPortably(model, kind, { pushRows });
      checkMemoryPlan(model, schedule, plan);
      expect(prepareInteger(model, schedule, plan)([input]), kind).toEqual(expected);
      expect(plan.arenaBytes, kind).toBeLessThanOrEqual(limitBytes);
      if (pushRows) expect(encodeTape(schedule.tape).length).toBeLessThanOrEqual(tapeBytes);
    }
  });
});
