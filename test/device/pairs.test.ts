import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNMEASURED_COSTS } from '../../src/ir/kernel-cost.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { layerOf, mapOf, type QuantLayer, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { kernelsAiming } from '../../src/lower/lower.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { scheduleByLayers, splitLayers } from '../../src/schedule/by-layers.ts';
import { scheduleStream, streamTape } from '../../src/schedule/by-rows.ts';
import { storePairs } from '../../src/search/pairs-between.ts';
import type { Objective } from '../../src/search/objective.ts';
import type { PlannedSchedule } from '../../src/search/overlap.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { emitPlanned } from '../support/emitted.ts';
import { runEmitted } from '../support/run-in-c.ts';
import { ShapeModel } from '../support/shape-models.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const FEATURES = { dsp: true, mve: false, fpu: false };
/** Instructions alone: pairs wherever they save any. */
const FASTEST: Objective = {
  measure: ({ instructions }) => instructions,
  keepsLimits: () => true,
  compare: (a, b) => a.instructions - b.instructions,
};

/** An inverted residual, and a layer behind it that wants its rows. */
interface Block {
  readonly h: number;
  readonly w: number;
  readonly expanded: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly weightBits: number;
}

const block: fc.Arbitrary<Block> = fc.record({
  h: fc.integer({ min: 1, max: 9 }),
  w: fc.integer({ min: 1, max: 9 }),
  expanded: fc.integer({ min: 4, max: 19 }),
  channels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.constantFrom(2, 3, 3, 5, 7),
  stride: fc.constantFrom(1, 1, 2),
  weightBits: fc.constantFrom(8, 8, 4),
});

function modelOf({ h, w, expanded, channels, kernel, stride, weightBits }: Block): QuantModel {
  const m = new ShapeModel();
  const input = m.conv(m.input(h, w, 3), channels, 1);
  const projected = m.conv(m.depthwise(m.conv(input, expanded, 1), kernel, stride), channels, 1);
  const sum = stride === 1 ? m.add(input, projected) : projected;
  const model = m.build('block', [m.conv(m.depthwise(sum, 1), 5, 1)]);
  return { ...model, layers: model.layers.map((layer) => withWeightsOf(weightBits, layer)) };
}

function withWeightsOf(bits: number, layer: QuantLayer): QuantLayer {
  if (!('weights' in layer)) return layer;
  const data = layer.weights.data.map((weight) => weight >> (8 - bits));
  return { ...layer, weights: { ...layer.weights, bits, data } };
}

const SCHEDULES: Readonly<Record<string, (model: QuantModel) => Schedule>> = {
  'as a stream of rows': scheduleStream,
  'as a stream of blocks of rows': (model) => ({
    ...scheduleStream(model),
    tape: streamTape(
      model,
      model.layers.map(({ id }) => id),
      new Map(),
      2,
    ),
  }),
  'by layers': scheduleByLayers,
  'by layers in several calls': (model) =>
    splitLayers(
      model,
      model.layers.map(({ id }) => id),
      model.layers.map(() => 2),
    ),
};

/** A plan with pairs wherever kernels take them. */
function planPairs(
  model: QuantModel,
  schedule: Schedule,
  aimBytes: number,
): PlannedSchedule & { readonly chosen: readonly LayerKernel[] } {
  const chosen = kernelsAiming(model, FEATURES, aimBytes);
  const plan = planMemory(model, schedule, chosen);
  const placed = { schedule, plan, chosen, bytes: plan.arenaBytes, instructions: 1e9, macs: 0 };
  return storePairs(model, placed, UNMEASURED_COSTS, FASTEST);
}

function pairedLayers(model: QuantModel, { plan }: PlannedSchedule): readonly string[] {
  const paired = model.layers.filter(({ output }) => plan.maps[output]!.layout === 'pairs');
  return paired.map(({ id }) => layerOf(model, id).name);
}

async function expectSameAsWhole(
  drawn: Block,
  name: string,
  aimBytes: number,
  target: string,
): Promise<void> {
  const model = modelOf(drawn);
  const planned = planPairs(model, SCHEDULES[name]!(model), aimBytes);
  expect(pairedLayers(model, planned)).not.toEqual([]);
  checkMemoryPlan(model, planned.schedule, planned.plan);
  const random = mulberry32(5);
  const bytes = elementCount(mapOf(model, model.inputs[0]!.map).shape);
  const inputs = [0, 1].map(() => Uint8Array.from({ length: bytes }, () => Math.floor(256 * random())));
  const whole = planWholeTensors(model);
  const execute = prepareInteger(model, whole.schedule, whole.memory);
  const expected = Buffer.concat(inputs.flatMap((input) => execute([input])));
  const again = prepareInteger(model, planned.schedule, planned.plan);
  expect(Buffer.compare(Buffer.concat(inputs.flatMap((input) => again([input]))), expected)).toBe(0);
  const { outputs } = await runEmitted(emitPlanned(model, planned, planned.chosen), target, inputs);
  expect(Buffer.compare(outputs, expected)).toBe(0);
}

describeOnHost('a program of this computer with maps of pairs', () => {
  it.each(Object.keys(SCHEDULES))('computes the same %s as the integer executor', async (name) => {
    await fc.assert(
      fc.asyncProperty(block, fc.constantFrom(8192, 0), (drawn, aimBytes) =>
        expectSameAsWhole(drawn, name, aimBytes, 'host'),
      ),
      { numRuns: 3 },
    );
  });
});

describeOnQemu('firmware with maps of pairs', () => {
  const [streamed] = Object.keys(SCHEDULES);
  describe.each([
    ['cortex-m4', Object.keys(SCHEDULES)],
    ['cortex-m7', [streamed!]],
    ['cortex-m33', [streamed!]],
  ] as const)('for %s', (target, names) => {
    it.each(names)('computes the same %s', async (name) => {
      await fc.assert(
        fc.asyncProperty(block, fc.constantFrom(8192, 0), (drawn, aimBytes) =>
          expectSameAsWhole(drawn, name, aimBytes, target),
        ),
        { numRuns: 2 },
      );
    });
  });
});
