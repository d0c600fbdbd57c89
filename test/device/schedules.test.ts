import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { awaitsInput, rewindsInput } from '../../src/ir/tape.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { schedulePatches } from '../../src/schedule/by-patches.ts';
import { scheduleStream, scheduleStrips } from '../../src/schedule/by-rows.ts';
import { pushInput } from '../../src/schedule/push-input.ts';
import { canCutStage } from '../../src/schedule/stage.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { planPortably } from '../support/plans.ts';
import { randomModel } from '../support/random-models.ts';
import { runInC } from '../support/run-in-c.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';
import { residualShapes, twoArms, wideShapes } from '../support/two-arms.ts';

function randomInputs(model: QuantModel, count: number): Uint8Array[] {
  const random = mulberry32(3);
  const bytes = elementCount(mapOf(model, model.inputs[0]!.map).shape);
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: bytes }, () => Math.floor(256 * random())),
  );
}

/** Room for some of the buffers, but not for all. */
const HOT_ROOM_BYTES = 600;
const { model: residual, split } = residualShapes();
const SCHEDULES: Readonly<Record<string, () => Schedule>> = {
  patches: () => schedulePatches(residual, { split, rows: 3, columns: 4 }),
  strips: () => scheduleStrips(residual, split, 3),
  stream: () => scheduleStream(residual),
  'fused layers': () => planPortably(residual, 'stream').schedule,
  'what takes least memory': () => planPortably(residual, 'auto').schedule,
  'a stream of an input that comes by rows': () => pushInput(residual, scheduleStream(residual)),
  'layers of an input that comes by rows': () => pushInput(residual, scheduleByLayers(residual)),
};

const wide = wideShapes();
const WINDOWS_OF_ROWS: Readonly<Record<string, () => Schedule>> = {
  'patches behind an input that comes by rows': () => planPortably(wide, 'auto', { pushRows: true }).schedule,
  'strips of an input that is asked for again': () => {
    const { schedule } = planPortably(wide, 'auto', { pushRows: true, pullRows: true });
    expect(rewindsInput(schedule.tape)).toBe(true);
    return schedule;
  },
};

async function expectSameAsWhole(
  model: QuantModel,
  schedule: Schedule,
  target: string,
  hotRoomBytes = 0,
): Promise<void> {
  const inputs = randomInputs(model, 3);
  const whole = planWholeTensors(model);
  const execute = prepareInteger(model, whole.schedule, whole.memory);
  const expected = Buffer.concat(inputs.flatMap((input) => execute([input])));
  // Rows that are awaited come in both ways, those that are to come again only one by one on demand.
  const isPushable = !rewindsInput(schedule.tape);
  const ways = awaitsInput(schedule.tape) ? [false, true] : [false];
  for (const pullsRows of ways.filter((pulls) => pulls || isPushable)) {
    const { outputs, classes } = await runInC(model, schedule, target, inputs, {
      pullsRows,
      hotRoomBytes,
    });
    expect(Buffer.compare(outputs, expected), pullsRows ? 'pulled' : 'pushed').toBe(0);
    expect(classes).toBeNull();
  }
}

/** The device chooses the arms that the integer executor chooses, both kinds among them, and computes the same. */
async function expectSameArms(target: string): Promise<void> {
  const { model: arms, schedule } = twoArms();
  const inputs = randomInputs(arms, 4);
  const plan = planMemory(arms, schedule, []);
  checkMemoryPlan(arms, schedule, plan);
  const execute = prepareInteger(arms, schedule, plan);
  const expectedClasses = inputs.map(() => new Array<string>(6).fill(''));
  const expected = inputs.flatMap((input, i) =>
    execute([input], {
      classDecided: (window, isOutlier) => {
        expectedClasses[i]![window] = isOutlier ? 'outlier' : 'regular';
      },
    }),
  );
  expect(new Set(expectedClasses.flat())).toEqual(new Set(['outlier', 'regular']));
  expect(new Set(expectedClasses.map(String)).size).toBeGreaterThan(1);
  const { outputs, classes } = await runInC(arms, schedule, target, inputs);
  expect(classes).toEqual(expectedClasses);
  expect(Buffer.compare(outputs, Buffer.concat(expected))).toBe(0);
}

describeOnHost('a program of this computer', () => {
  it.each(Object.keys(SCHEDULES))('computes the same in %s as layer by layer', async (name) => {
    await expectSameAsWhole(residual, SCHEDULES[name]!(), 'host');
  });

  it.each(Object.keys(WINDOWS_OF_ROWS))('computes the same in %s', async (name) => {
    const schedule = WINDOWS_OF_ROWS[name]!();
    expect(schedule.windows.length).toBeGreaterThan(1);
    await expectSameAsWhole(wide, schedule, 'host');
  });

  it('computes the same whatever the network, the schedule and the cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomModel.filter(({ inputs }) => inputs.length === 1),
        fc.nat(),
        fc.constantFrom('patches', 'strips', 'stream', 'stream of rows'),
        async (random, at, kind) => {
          const order = random.layers.map(({ id }) => id);
          const splits = order.filter((id) => canCutStage(random, order, id));
          const end = splits[at % splits.length];
          const { h, w } = mapOf(random, random.layers[end ?? 0]!.output).shape;
          const isCut = end !== undefined && !kind.startsWith('stream');
          const grid = { split: end ?? 0, rows: Math.min(h, 1 + (at % 3)), columns: Math.min(w, 2) };
          const schedule = !isCut
            ? kind === 'stream'
              ? scheduleStream(random)
              : pushInput(random, scheduleStream(random))
            : kind === 'patches'
              ? schedulePatches(random, grid)
              : scheduleStrips(random, grid.split, grid.columns);
          await expectSameAsWhole(random, schedule, 'host');
        },
      ),
      { numRuns: 8 },
    );
  });

  it.each(Object.keys(SCHEDULES))('computes the same in %s with an arena of two blocks', async (name) => {
    await expectSameAsWhole(residual, SCHEDULES[name]!(), 'host', HOT_ROOM_BYTES);
  });

  it('chooses arms as the integer executor does', () => expectSameArms('host'));
});

describeOnQemu('firmware', () => {
  describe.each(['cortex-m0', 'cortex-m4'])('for %s', (target) => {
    it.each(Object.keys(SCHEDULES))('computes the same in %s as layer by layer', async (name) => {
      await expectSameAsWhole(residual, SCHEDULES[name]!(), target);
    });

    it.each(Object.keys(WINDOWS_OF_ROWS))('computes the same in %s', async (name) => {
      await expectSameAsWhole(wide, WINDOWS_OF_ROWS[name]!(), target);
    });

    it('computes the same with an arena of two blocks', async () => {
      await expectSameAsWhole(residual, SCHEDULES['stream']!(), target, HOT_ROOM_BYTES);
    });

    it('chooses arms as the integer executor does', () => expectSameArms(target));
  });
});
