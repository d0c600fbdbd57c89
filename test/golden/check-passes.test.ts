import { describe, expect, it } from 'vitest';
import { checkPasses } from '../../src/check-passes.ts';
import { openModel } from '../../src/host/model-source.ts';
import { readModel } from '../../src/readers/index.ts';
import { hasTestdata, testdataPath } from '../support/testdata.ts';

/** One of each format and quantization; `inspect --check-passes` runs any other. */
const MODELS = [
  'ad-autoencoder.tfjs',
  'kws-dscnn.int8.tflite',
  'kws-dscnn.savedmodel',
  'resnet8-cifar10.float.tflite',
  'resnet8-cifar10.h5',
  'split-concat.uint8.tflite',
  'sww-streaming-wakeword.keras',
  'tinyengine-vww.int8.tflite',
] as const;

describe.skipIf(!hasTestdata('outputs after every pass'))('outputs after every pass of normalising', () => {
  it.each(MODELS)('%s', async (model) => {
    const graph = await readModel(await openModel(testdataPath(`models/${model}`)));
    const checks = await checkPasses(graph);
    expect(checks.length).toBeGreaterThan(5);
    expect(Math.max(...checks.map(({ difference }) => difference))).toBeLessThan(1e-4);
  });
});
