import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { mapOf, storedWeights, type QuantModel } from '../../src/ir/quant-model.ts';
import type { MapBits, Rounding } from '../../src/ir/quantization.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { normalise } from '../../src/normalise/index.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { schedulePatches } from '../../src/schedule/by-patches.ts';
import { scheduleStream } from '../../src/schedule/by-rows.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { SAMPLES, sampleOf } from '../support/float-models.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';
import { runInC } from '../support/run-in-c.ts';

/** Wide and of odd channels, so that lines are cut into strips and pixels end within bytes; a node of every kind. */
function wideGraph(): Graph {
  const net = new Network('float32', 3);
  const first = net.conv(net.input([1, 10, 61, 3]), 7, { kernel: [3, 3], activation: 'relu6' });
  const deep = net.depthwise(first, { kernel: [3, 5], activation: 'relu' });
  const narrow = net.conv(deep, 7, { kernel: [1, 1] });
  const sum = net.add(narrow, first);
  const joined = net.concat([net.pointwise(sum, 'LOGISTIC'), net.conv(sum, 6, { kernel: [1, 1] })]);
  const pooled = net.pool(joined, 'max', { kernel: [2, 2], stride: [2, 2] });
  const averaged = net.pool(net.conv(net.pad(pooled, [1, 0, 0, 1]), 9, { kernel: [3, 3] }), 'average', {
    kernel: [2, 2],
  });
  return normalise(
    readTfliteGraph(net.write([net.softmax(net.dense(net.mean(averaged), 10))]), 'wide.tflite'),
  );
}

interface Widths {
  readonly name: string;
  readonly maps: readonly MapBits[];
  readonly weights: readonly number[];
}

const WIDTHS: readonly Widths[] = [
  { name: 'W8A4', maps: [4], weights: [8] },
  { name: 'W4A2', maps: [2], weights: [4] },
  { name: 'mixed widths', maps: [4, 8, 2], weights: [7, 6, 5, 3, 2, 8] },
];

async function quantizedTo({ maps, weights }: Widths, rounding: Rounding): Promise<QuantModel> {
  const graph = wideGraph();
  const statistics = await collectStatistics(graph, SAMPLES, (i) => [sampleOf(graph, i)], undefined, {
    byChannel: true,
  });
  return quantizeModel(graph, statistics, {
    rounding,
    rawTypes: ['float'],
    preprocessing: { mean: [0], std: [1] },
    bits: new Map(graph.tensors.map(({ id }) => [id, maps[id % maps.length]!])),
    weightBits: new Map(graph.nodes.map(({ id }) => [id, weights[id % weights.length]!])),
  });
}

function randomInput(model: QuantModel): Uint8Array {
  const random = mulberry32(7);
  const { shape } = mapOf(model, model.inputs[0]!.map);
  return Uint8Array.from({ length: elementCount(shape) }, () => Math.floor(256 * random()));
}

function arenaBytes(model: QuantModel): number {
  return planMemory(model, scheduleByLayers(model), portableKernels(model)).arenaBytes;
}

const SCHEDULES: readonly (readonly [string, (model: QuantModel) => Schedule])[] = [
  ['layer by layer', scheduleByLayers],
  ['streamed', (model) => scheduleStream(model)],
  ['in patches', (model) => schedulePatches(model, { split: 3, rows: 2, columns: 3 })],
];

describe.each(WIDTHS)('a network in $name', (widths) => {
  it('has maps with a scale for each channel, and weights, of the widths asked for', async () => {
    const model = await quantizedTo(widths, 'single');
    const packed = model.maps.filter((map) => map.affine.bits < 8);
    expect(packed.length).toBeGreaterThan(2);
    expect(packed.some((map) => map.affine.scale.length === map.shape.c)).toBe(true);
    for (const port of [...model.inputs, ...model.outputs]) {
      expect(mapOf(model, port.map).affine.bits).toBe(8);
    }
    for (const layer of model.layers) {
      if (!('weights' in layer)) continue;
      expect(layer.weights.bits).toBe(widths.weights[layer.node % widths.weights.length]);
      const limit = 2 ** (layer.weights.bits - 1) - 1;
      expect(storedWeights(layer.weights).every((value) => Math.abs(value) <= limit)).toBe(true);
    }
  });

  it.each(SCHEDULES)('computes the same in C and in the integer executor, %s', async (_name, cut) => {
    for (const rounding of ['single', 'tflite'] as const) {
      const model = await quantizedTo(widths, rounding);
      const schedule = cut(model);
      const plan = planMemory(model, schedule, portableKernels(model));
      checkMemoryPlan(model, schedule, plan);
      const input = randomInput(model);
      const { outputs } = await runInC(model, schedule, 'host', [input]);
      const [executed] = prepareInteger(model, schedule, plan)([input]);
      expect(outputs).toEqual(executed);
      const whole = scheduleByLayers(model);
      const [expected] = prepareInteger(model, whole, planMemory(model, whole, []))([input]);
      expect(executed).toEqual(expected);
    }
  });
});

it('a network of mixed widths computes the same on an emulated Cortex-M4', async () => {
  const model = await quantizedTo(WIDTHS[2]!, 'single');
  const schedule = scheduleByLayers(model);
  const input = randomInput(model);
  const { outputs } = await runInC(model, schedule, 'cortex-m4', [input]);
  const plan = planMemory(model, schedule, portableKernels(model));
  expect(outputs).toEqual(prepareInteger(model, schedule, plan)([input])[0]);
});

it('maps of 4 bits take half the arena, but for lines of scratch', async () => {
  const bytes = arenaBytes(await quantizedTo({ name: 'W8A8', maps: [8], weights: [8] }, 'single'));
  const packed = arenaBytes(await quantizedTo(WIDTHS[0]!, 'single'));
  expect(packed).toBeLessThan(bytes / 2 + 2500);
});
