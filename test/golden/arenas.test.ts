import { describe, expect, it } from 'vitest';
import type { MemoryPlan } from '../../src/ir/memory-plan.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { normalise } from '../../src/normalise/index.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { planLayers } from '../../src/search/overlap.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** Arena bytes with every layer whole (the live peak of the graph) and with overlapped rows. */
const ARENAS = {
  'resnet8-cifar10.int8': [49_152, 33_792],
  'vww-mobilenetv1-96.int8': [55_296, 37_632],
  'kws-dscnn.int8': [16_000, 11_840],
  'mobilenetv1-025-128-imagenet.uint8': [81_920, 62_240],
  'mobilenetv2-224-imagenet.tf2ptq': [1_505_280, 1_211_392],
  'person-detection.int8': [55_296, 37_632],
} as const;

function planned(name: string, overlap: boolean): MemoryPlan {
  const file = `models/${name}.tflite`;
  const graph = normalise(readTfliteGraph(testdata(file), file));
  const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
  const { schedule, plan } = planLayers(model, scheduleByLayers(model), portableKernels(model), { overlap });
  checkMemoryPlan(model, schedule, plan);
  return plan;
}

describe.skipIf(!hasTestdata('arenas of real models'))('the arena of', () => {
  it.each(Object.entries(ARENAS))('%s', (name, [wholeBytes, overlappedBytes]) => {
    const whole = planned(name, false);
    expect(whole.arenaBytes).toBe(wholeBytes);
    expect(whole.liveBytes).toBe(wholeBytes);
    expect(planned(name, true).arenaBytes).toBe(overlappedBytes);
  });
});
