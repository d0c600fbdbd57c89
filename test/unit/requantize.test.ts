import { describe, expect, it } from 'vitest';
import { isQuantized, type Graph } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { portPreprocessing, toFloatGraph } from '../../src/normalise/requantize.ts';
import { preprocess } from '../../src/quant/ports.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network, type NetworkType } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** Convolutions and an addition: every map but the input is written by a node that clamps. */
function quantizedGraph(type: NetworkType): Graph {
  const net = new Network(type, 3);
  const x = net.conv(net.input([1, 9, 9, 3]), 6, { kernel: [3, 3], activation: 'relu' });
  const y = net.add(net.depthwise(x, { kernel: [3, 3] }), x);
  return normalise(readTfliteGraph(net.write([net.dense(y, 5)]), 'net.tflite'));
}

describe.each(['int8', 'uint8'] as const)('a quantized %s network taken back to floats', (type) => {
  const quantized = quantizedGraph(type);
  const float = toFloatGraph(quantized);

  it('holds no integers', () => {
    expect(isQuantized(float)).toBe(false);
    for (const node of float.nodes) if ('weights' in node) expect(node.weights.kind).toBe('float');
    expect([...float.inputs, ...float.outputs].map((port) => port.dtype)).toEqual(['float32', 'float32']);
  });

  it('computes the real numbers that the integers stand for, saturation included', async () => {
    const random = mulberry32(5);
    const input = quantized.inputs[0]!;
    const lowest = type === 'uint8' ? 0 : -128;
    const raw = Float32Array.from({ length: 9 * 9 * 3 }, () => lowest + Math.floor(random() * 256));
    const real = preprocess(raw, portPreprocessing(quantized, input));
    const [expected, found] = [await runFloat(quantized, [real]), await runFloat(float, [real])];
    expect(found).toEqual(expected);
    // The input's own limits do not matter to bytes, which cannot exceed them.
    const { scale, zeroPoint } = quantized.tensors[input.tensor]!.quantization!;
    expect(real[0]).toBeCloseTo(scale[0]! * (raw[0]! - lowest - 128 - zeroPoint[0]!), 5);
  });

  it('keeps an activation that only the range of the integers implies', () => {
    for (const node of float.nodes) {
      if (!('clamp' in node)) continue;
      expect(Number.isFinite(node.clamp.min)).toBe(true);
      expect(Number.isFinite(node.clamp.max)).toBe(true);
    }
  });
});
