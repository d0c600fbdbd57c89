import { describe, it } from 'vitest';
import { fuzzModel } from '../support/fuzz.ts';
import { Network } from '../support/network.ts';

/** Cases here; `npm run fuzz` runs 10,000 for each reader, on real models. */
const CASES = 400;

describe('mutations of a small model', () => {
  it.each(['int8', 'uint8', 'float32'] as const)(
    'of TFLite, %s, end in a graph or in diagnostics',
    async (type) => {
      const net = new Network(type, 3);
      const x = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], stride: [2, 2], activation: 'relu6' });
      const y = net.depthwise(x, { kernel: [3, 3] });
      const bytes = net.write([net.softmax(net.dense(net.mean(net.add(x, y)), 5))]);
      await fuzzModel({ main: 'm.tflite', files: { 'm.tflite': bytes } }, CASES, 1);
    },
  );
});
