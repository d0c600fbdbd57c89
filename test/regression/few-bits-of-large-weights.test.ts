import { describe, expect, it } from 'vitest';
import { accountBitOps } from '../../src/ir/bitops.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { storedWeights, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Rounding } from '../../src/ir/quantization.ts';
import { normalise } from '../../src/normalise/index.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { raiseForSingle } from '../../src/quant/single-scales.ts';
import { quantizeWeights } from '../../src/quant/weights.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { encodeInput } from '../../src/quant/ports.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { SAMPLES, sampleOf } from '../support/float-models.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** Layer upon layer of maps that end at 6, so that a step of a sum of few bits is as large as one of the map. */
function chain(): Graph {
  const net = new Network('float32', 5);
  let map = net.input([1, 8, 8, 3]);
  for (let i = 0; i < 4; i++) {
    map = net.conv(map, 8, { kernel: [1, 1], activation: 'relu6' });
    map = net.depthwise(map, { kernel: [3, 3], activation: 'relu6' });
  }
  return normalise(readTfliteGraph(net.write([net.dense(net.mean(map), 5)]), 'chain.tflite'));
}

async function quantized(graph: Graph, rounding: Rounding, weightBits: number): Promise<QuantModel> {
  const statistics = await collectStatistics(graph, SAMPLES, (i) => [sampleOf(graph, i)]);
  return quantizeModel(graph, statistics, {
    rounding,
    rawTypes: ['float'],
    preprocessing: { mean: [0], std: [1] },
    weightBits: new Map(graph.nodes.map(({ id }) => [id, weightBits])),
  });
}

function outputsOf(model: QuantModel): readonly Uint8Array[] {
  const { schedule, memory } = planWholeTensors(model);
  const run = prepareInteger(model, schedule, memory);
  return Array.from({ length: SAMPLES }, (_, i) =>
    run([encodeInput(model, model.inputs[0]!, sampleOf(model.graph, i), 'float')])[0]!.slice(),
  );
}

describe.each([2, 3])('weights of %i bits', (weightBits) => {
  it('leave the maps their scales, whatever the rounding', async () => {
    const graph = chain();
    const [once, twice] = [
      await quantized(graph, 'single', weightBits),
      await quantized(graph, 'tflite', weightBits),
    ];
    expect(once.maps.map(({ affine }) => affine)).toEqual(twice.maps.map(({ affine }) => affine));
    const largest = Math.max(
      ...outputsOf(once).flatMap((bytes, i) => {
        const other = new Int8Array(outputsOf(twice)[i]!);
        return [...new Int8Array(bytes)].map((value, k) => Math.abs(value - other[k]!));
      }),
    );
    expect(largest).toBeLessThanOrEqual(4);
  });

  it('are raised where a sum has too large a step, and stored as narrow as they are', async () => {
    const model = await quantized(chain(), 'single', weightBits);
    const weights = model.layers.flatMap((layer) => ('weights' in layer ? [layer.weights] : []));
    expect(weights.some(({ raise }) => raise > 0)).toBe(true);
    const limit = 2 ** (weightBits - 1) - 1;
    for (const own of weights) {
      expect(own.bits).toBe(weightBits);
      expect(storedWeights(own).every((value) => Math.abs(value) <= limit)).toBe(true);
      expect(own.data).toEqual(storedWeights(own).map((value) => value * 2 ** own.raise));
    }
    const { bitOps, layer8 } = accountBitOps(model, scheduleByLayers(model), []);
    expect(bitOps * 8).toBe(layer8 * weightBits);
  });
});

it('a large bias stays within 32 bits when its weights are raised', () => {
  const layout = { outputChannels: 1, taps: 1, at: () => 0, inputChannel: () => 0 };
  const real = { weights: Float32Array.of(1e-12), bias: Float32Array.of(-1000) };
  const scales = { inputScale: Float64Array.of(1), inputOffset: null };
  const narrow = quantizeWeights({ ...real, ...scales }, layout, 2);
  const { weights, accumulatorScale } = raiseForSingle(narrow, Float64Array.of(1e-9));
  expect(weights.raise).toBe(6);
  expect(weights.bias[0]! * accumulatorScale[0]!).toBeCloseTo(-1000, 3);
});
