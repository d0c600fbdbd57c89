import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { decodeTape, encodeTape, rewindsInput } from '../../src/ir/tape.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { schedulePatches } from '../../src/schedule/by-patches.ts';
import { scheduleStream, scheduleStrips, streamTape } from '../../src/schedule/by-rows.ts';
import { pushInput } from '../../src/schedule/push-input.ts';
import { layerOptions, windowOptions } from '../../src/search/execution-option.ts';
import { joinOptions } from '../../src/search/join-options.ts';
import { findCuts, sectionBetween, type Section } from '../../src/search/stretches.ts';
import { chooseLayerOrder } from '../../src/schedule/layer-order.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { planPortably } from '../support/plans.ts';
import { randomModel } from '../support/random-models.ts';

function randomInputs(model: QuantModel): Uint8Array[] {
  const random = mulberry32(9);
  return model.inputs.map(({ map }) =>
    Uint8Array.from({ length: elementCount(mapOf(model, map).shape) }, () => Math.floor(256 * random())),
  );
}

/** Whether the model can be cut so; other problems than that surface. */
function cut(make: () => Schedule): Schedule | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}

function expectSameAsWhole(model: QuantModel, schedule: Schedule): void {
  const inputs = randomInputs(model);
  const whole = planWholeTensors(model);
  const expected = prepareInteger(model, whole.schedule, whole.memory)(inputs);
  const plan = planMemory(model, schedule, []);
  checkMemoryPlan(model, schedule, plan);
  expect(prepareInteger(model, schedule, plan)(inputs)).toEqual(expected);
  expect(decodeTape(encodeTape(schedule.tape))).toEqual(schedule.tape);
}

/** So many of the random cases must be ones that can be cut, or the property says nothing. */
const FEWEST_CUT = 60;

const grid = fc.record({
  at: fc.nat(),
  rows: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 1, max: 4 }),
});

describe('random networks compute the same', () => {
  it('patch by patch', () => {
    let patched = 0;
    fc.assert(
      fc.property(randomModel, grid, (model, { at, rows, columns }) => {
        const split = at % model.layers.length;
        const schedule = cut(() => schedulePatches(model, { split, rows, columns }));
        if (schedule === null) return;
        patched++;
        expectSameAsWhole(model, schedule);
      }),
      { numRuns: 400 },
    );
    expect(patched).toBeGreaterThan(FEWEST_CUT);
  });

  it('in strips', () => {
    let cutUp = 0;
    fc.assert(
      fc.property(randomModel, grid, (model, { at, columns }) => {
        const schedule = cut(() => scheduleStrips(model, at % model.layers.length, columns));
        if (schedule === null) return;
        cutUp++;
        expectSameAsWhole(model, schedule);
      }),
      { numRuns: 400 },
    );
    expect(cutUp).toBeGreaterThan(FEWEST_CUT);
  });

  it('as a stream of rows, of an input that is there or arrives by rows', () => {
    fc.assert(
      fc.property(randomModel, (model) => {
        expectSameAsWhole(model, scheduleStream(model));
        expectSameAsWhole(model, pushInput(model, scheduleStream(model)));
      }),
      { numRuns: 300 },
    );
  });

  it('in strips and patches of an input whose rows are asked for again', () => {
    let rewound = 0;
    fc.assert(
      fc.property(randomModel, fc.nat(), fc.nat(), (model, at, which) => {
        if (model.inputs.length > 1) return;
        const order = chooseLayerOrder(model);
        const cuts = findCuts(model, order);
        const end = 1 + (at % (cuts.length - 1));
        const sectionOf = (from: number, to: number): Section =>
          sectionBetween(model, order, cuts[from]!, cuts[to]!, { pushRows: true, pullRows: true });
        const options = windowOptions(sectionOf(0, end));
        if (options.length === 0) return;
        const rest = cuts.slice(end, -1).map((_, i) => layerOptions(sectionOf(end + i, end + i + 1))[0]!);
        const schedule = joinOptions([options[which % options.length]!, ...rest]);
        if (rewindsInput(schedule.tape)) rewound++;
        expectSameAsWhole(model, schedule);
      }),
      { numRuns: 300 },
    );
    expect(rewound).toBeGreaterThan(FEWEST_CUT);
  });

  it('whatever the planner makes of them', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        randomModel,
        fc.constantFrom('auto', 'auto', 'layer', 'stream'),
        fc.constantFrom('size', 'balanced', 'time'),
        fc.constantFrom('whole', 'pushed', 'pulled'),
        (model, kind, optimize, arrival) => {
          const pushRows = arrival !== 'whole' && model.inputs.length === 1;
          const pullRows = pushRows && arrival === 'pulled';
          const { schedule } = planPortably(model, kind, { optimize, pushRows, pullRows });
          for (const segment of schedule.segments) kinds.add(segment.kind);
          expectSameAsWhole(model, schedule);
        },
      ),
      { numRuns: 200 },
    );
    expect([...kinds].sort()).toEqual(['layer', 'patch', 'stream', 'strips']);
  });

  it('as a stream of blocks of rows', () => {
    fc.assert(
      fc.property(randomModel, fc.integer({ min: 2, max: 5 }), (model, blockRows) => {
        const stream = scheduleStream(model);
        const layers = stream.segments[0]!.layers;
        expectSameAsWhole(model, { ...stream, tape: streamTape(model, layers, new Map(), blockRows) });
      }),
      { numRuns: 150 },
    );
  });
});
