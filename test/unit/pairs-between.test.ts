import { expect, it } from 'vitest';
import { UNMEASURED_COSTS } from '../../src/ir/kernel-cost.ts';
import { pairedRowBytes } from '../../src/ir/map-layout.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { kernelsAiming, lowerModel } from '../../src/lower/lower.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { scheduleStream } from '../../src/schedule/by-rows.ts';
import { objectiveFor, type ExecutionLimits, type Optimization } from '../../src/search/objective.ts';
import { storePairs, type Execution } from '../../src/search/pairs-between.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { ShapeModel } from '../support/shape-models.ts';

const NO_LIMITS: ExecutionLimits = { maxRam: null, maxMacs: null, maxInstructions: null };

function block(): { readonly model: QuantModel; readonly between: number } {
  const m = new ShapeModel();
  const between = m.depthwise(m.conv(m.input(12, 12, 4), 32, 1), 3);
  return { model: m.build('block', [m.conv(between, 4, 1)]), between };
}

function placed(model: QuantModel, schedule: Schedule, instructions: number): Execution<LayerKernel> {
  const chosen = kernelsAiming(model, { dsp: true, mve: false, fpu: false }, 4096);
  const plan = planMemory(model, schedule, chosen);
  return { schedule, plan, chosen, bytes: plan.arenaBytes, instructions, macs: 0 };
}

const isPaired = ({ plan }: Execution<LayerKernel>, map: number): boolean =>
  plan.maps[map]!.layout === 'pairs';

it('stores a row of a stream as pairs, and lowers both layers to kernels that take them', () => {
  const { model, between } = block();
  const objective = objectiveFor('time', NO_LIMITS, 1);
  const found = storePairs(model, placed(model, scheduleStream(model), 1e5), UNMEASURED_COSTS, objective);
  expect(isPaired(found, between)).toBe(true);
  const { rowBytes, ringRows } = found.plan.maps[between]!;
  expect([rowBytes, ringRows]).toEqual([pairedRowBytes(model.maps[between]!.shape), 1]);
  checkMemoryPlan(model, found.schedule, found.plan);
  const { layers } = lowerModel('block', model, found.schedule, found.plan, found.chosen);
  expect(layers.map(({ kernel }) => kernel.function)).toEqual([
    'qmcu_pointwise_s8_dsp',
    'qmcu_depthwise_3x3_s8_pairs_dsp',
    'qmcu_pointwise_pairs_s8_dsp',
  ]);
});

it.each<[Optimization, number | null, boolean]>([
  ['time', null, true],
  ['size', null, false],
  ['balanced', 4096, false],
])('weighs the memory of a whole map of pairs: %s, within %s bytes', (optimize, maxRam, expected) => {
  const { model, between } = block();
  const values = placed(model, scheduleByLayers(model), 1e5);
  const limit = maxRam === null ? null : values.bytes;
  const objective = objectiveFor(optimize, { ...NO_LIMITS, maxRam: limit }, 1e4);
  const found = storePairs(model, values, UNMEASURED_COSTS, objective);
  expect(isPaired(found, between)).toBe(expected);
  if (!expected) expect(found.bytes).toBeLessThanOrEqual(values.bytes);
});

it('keeps apart what else is read, given out or not limited to 8 bits alone', () => {
  const m = new ShapeModel();
  const x = m.depthwise(m.conv(m.input(8, 8, 4), 8, 1), 3);
  const twice = m.build('twice', [m.add(m.conv(x, 8, 1), x)]);
  const objective = objectiveFor('time', NO_LIMITS, 1);
  const pairsOf = (model: QuantModel): boolean =>
    isPaired(storePairs(model, placed(model, scheduleStream(model), 1e5), UNMEASURED_COSTS, objective), x);
  expect(pairsOf(twice)).toBe(false);
  const n = new ShapeModel();
  const y = n.depthwise(n.conv(n.input(8, 8, 4), 8, 1), 3);
  const out = n.conv(y, 8, 1);
  expect(pairsOf(n.build('given', [out]))).toBe(true);
  expect(pairsOf(n.build('given', [out, y]))).toBe(false);
  const limited = n.build('limited', [out]);
  const layers = limited.layers.map((layer) =>
    layer.kind === 'depthwise' ? { ...layer, clamp: { min: -128, max: 100 } } : layer,
  );
  expect(pairsOf({ ...limited, layers })).toBe(false);
});

it('finds what lies on the second half of a row of pairs', () => {
  const { model, between } = block();
  const objective = objectiveFor('time', NO_LIMITS, 1);
  const { schedule, plan } = storePairs(
    model,
    placed(model, scheduleByLayers(model), 1e5),
    UNMEASURED_COSTS,
    objective,
  );
  const { offsetBytes, rowBytes } = plan.maps[between]!;
  const maps = plan.maps.map((map) =>
    map.map === model.layers.at(-1)!.output ? { ...map, offsetBytes: offsetBytes + rowBytes / 2 } : map,
  );
  expect(() => {
    checkMemoryPlan(model, schedule, plan);
  }).not.toThrow();
  expect(() => {
    checkMemoryPlan(model, schedule, { ...plan, maps });
  }).toThrow('overwritten');
});
