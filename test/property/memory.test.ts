import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelMemory, MemoryPlan } from '../../src/ir/memory-plan.ts';
import { mapBytes, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { BUFFER_ALIGNMENT_BYTES } from '../../src/memory/buffers.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { peakBytes } from '../../src/memory/peak.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { splitArena } from '../../src/memory/split.ts';
import { scheduleByLayers, splitLayers } from '../../src/schedule/by-layers.ts';
import { scheduleStream } from '../../src/schedule/by-rows.ts';
import { planLayers } from '../../src/search/overlap.ts';
import { randomModel } from '../support/random-models.ts';
import { ShapeModel } from '../support/shape-models.ts';

const ALIGNMENT_BYTES = 16;
const alignUp = (bytes: number): number => Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

const scratch = fc.infiniteStream(fc.constantFrom(0, 0, 8, 24, 100));
const kernelsFor = (model: QuantModel, stream: Iterator<number>): readonly KernelMemory[] =>
  model.layers.map(({ inputs }) => ({
    scratchBytes: stream.next().value as number,
    replacesInput: inputs.length === 1 && stream.next().value === 0,
  }));

function naiveBytes(model: QuantModel, kernels: readonly KernelMemory[], { sums }: MemoryPlan): number {
  const working = [...kernels.map(({ scratchBytes }) => scratchBytes), ...sums.map(({ bytes }) => bytes)];
  const parts = [...model.maps.map(mapBytes), ...working];
  return parts.reduce(
    (total, bytes) => total + Math.ceil(bytes / BUFFER_ALIGNMENT_BYTES) * BUFFER_ALIGNMENT_BYTES,
    0,
  );
}

function moved(plan: MemoryPlan, map: number, offsetBytes: number): MemoryPlan {
  return {
    ...plan,
    maps: plan.maps.map((placed) => (placed.map === map ? { ...placed, offsetBytes } : placed)),
  };
}

function isSound(model: QuantModel, schedule: Schedule, plan: MemoryPlan): boolean {
  try {
    checkMemoryPlan(model, schedule, plan);
    return true;
  } catch {
    return false;
  }
}

/** The least arena over all combinations of aligned offsets below `limitBytes`, by the check alone. */
function bruteForceArena(model: QuantModel, schedule: Schedule, limitBytes: number): number {
  const plan = { ...planMemory(model, schedule, []), arenaBytes: limitBytes };
  let best = Infinity;
  const visit = (map: number, placed: MemoryPlan, end: number): void => {
    if (end >= best) return;
    if (map === model.maps.length) {
      if (isSound(model, schedule, placed)) best = end;
      return;
    }
    const bytes = mapBytes(model.maps[map]!);
    for (let offset = 0; offset + bytes <= limitBytes; offset += BUFFER_ALIGNMENT_BYTES) {
      visit(map + 1, moved(placed, map, offset), Math.max(end, offset + bytes));
    }
  };
  visit(0, plan, 0);
  return best;
}

describe('memory plans of random networks', () => {
  it('keep every row until it is read, whole layers or not', () => {
    fc.assert(
      fc.property(randomModel, scratch, fc.integer({ min: 1, max: 4 }), (model, stream, rows) => {
        const kernels = kernelsFor(model, stream[Symbol.iterator]());
        const whole = scheduleByLayers(model);
        const order = whole.segments.flatMap((segment) => segment.layers);
        const split = splitLayers(
          model,
          order,
          model.layers.map((layer) => (layer.kind === 'reshape' ? 1000 : rows)),
        );
        for (const schedule of [whole, split]) {
          const plan = planMemory(model, schedule, kernels);
          checkMemoryPlan(model, schedule, plan);
          expect(plan.liveBytes).toBe(peakBytes(model, schedule, kernels));
          expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.liveBytes);
          expect(plan.arenaBytes).toBeLessThanOrEqual(alignUp(naiveBytes(model, kernels, plan)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep to the room for a second block, and every row until it is read', () => {
    fc.assert(
      fc.property(randomModel, scratch, fc.integer({ min: 0, max: 4000 }), (model, stream, hotBytes) => {
        const kernels = kernelsFor(model, stream[Symbol.iterator]());
        for (const schedule of [scheduleByLayers(model), scheduleStream(model)]) {
          const whole = planMemory(model, schedule, kernels);
          const split = splitArena(model, schedule, whole, { hotBytes, bothBytes: 2 * whole.arenaBytes });
          if (split === null) continue;
          checkMemoryPlan(model, schedule, split);
          expect(split.hotBytes).toBeGreaterThan(0);
          expect(split.hotBytes).toBeLessThanOrEqual(hotBytes);
          expect(split.arenaBytes).toBeLessThanOrEqual(2 * whole.arenaBytes);
          expect(split.liveBytes).toBe(whole.liveBytes);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never grow by overlapping rows', () => {
    fc.assert(
      fc.property(randomModel, scratch, (model, stream) => {
        const kernels = kernelsFor(model, stream[Symbol.iterator]());
        const whole = planLayers(model, scheduleByLayers(model), kernels, { overlap: false });
        const { schedule, plan } = planLayers(model, scheduleByLayers(model), kernels, {
          overlap: true,
        });
        checkMemoryPlan(model, schedule, plan);
        expect(plan.arenaBytes).toBeLessThanOrEqual(whole.plan.arenaBytes);
        expect(plan.liveBytes).toBe(peakBytes(model, schedule, kernels));
        if (plan.arenaBytes === whole.plan.arenaBytes) expect(schedule).toEqual(whole.schedule);
      }),
      { numRuns: 200 },
    );
  });

  it('are the best there are, on tiny networks', () => {
    const tiny = fc
      .record({
        h: fc.integer({ min: 2, max: 5 }),
        channels: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
        kernel: fc.constantFrom(1, 3),
        stride: fc.integer({ min: 1, max: 2 }),
        tail: fc.constantFrom('conv', 'add', 'lut'),
      })
      .map(({ h, channels, kernel, stride, tail }) => {
        const m = new ShapeModel();
        const x = m.input(h, 4, channels[0]!);
        const y = m.conv(x, channels[0]!, kernel, tail === 'add' ? 1 : stride);
        const z = tail === 'add' ? m.add(x, y) : tail === 'lut' ? m.lut(y) : m.conv(y, channels[1]!, kernel);
        return m.build('tiny', [z]);
      });
    fc.assert(
      fc.property(tiny, fc.boolean(), (model, rowWise) => {
        const whole = scheduleByLayers(model);
        const schedule = rowWise ? splitLayers(model, [0, 1], [1, 1]) : whole;
        const plan = planMemory(model, schedule, []);
        expect(plan.arenaBytes).toBe(alignUp(bruteForceArena(model, schedule, plan.arenaBytes)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('checkMemoryPlan', () => {
  it('finds the map that was moved onto one still in use', () => {
    fc.assert(
      fc.property(
        randomModel.filter((model) => model.layers.length > 1),
        (model) => {
          const schedule = scheduleByLayers(model);
          const plan = planMemory(model, schedule, []);
          const { inputs, output, kind } = model.layers[0]!;
          if (!['conv', 'depthwise', 'pool', 'pad'].includes(kind)) return;
          expect(isSound(model, schedule, moved(plan, output, plan.maps[inputs[0]!]!.offsetBytes))).toBe(
            false,
          );
        },
      ),
    );
  });

  it('finds scratch on an input of its layer', () => {
    const m = new ShapeModel();
    const model = m.build('one', [m.conv(m.input(4, 4, 4), 4, 3)]);
    const schedule = scheduleByLayers(model);
    const plan = planMemory(model, schedule, [{ scratchBytes: 16, replacesInput: false }]);
    expect(isSound(model, schedule, plan)).toBe(true);
    const scratch = plan.scratch.map((placed) => ({ ...placed, offsetBytes: plan.maps[0]!.offsetBytes }));
    expect(isSound(model, schedule, { ...plan, scratch })).toBe(false);
  });

  it('keeps the sums of a layer that folds rows from its first call to its last, and no longer', () => {
    const m = new ShapeModel();
    const x = m.conv(m.input(4, 4, 4), 4, 1);
    const model = m.build('mean', [m.mean(x)]);
    const [whole, stream] = [scheduleByLayers(model), scheduleStream(model)];
    expect(planMemory(model, whole, []).sums).toEqual([]);
    const plan = planMemory(model, stream, []);
    expect(plan.sums).toHaveLength(1);
    expect(plan.maps[x]!.ringRows).toBe(1);
    const over = (map: number, row: number) =>
      plan.sums.map((placed) => {
        const { offsetBytes, rowBytes } = plan.maps[map]!;
        return { ...placed, offsetBytes: offsetBytes + row * rowBytes };
      });
    expect(isSound(model, stream, plan)).toBe(true);
    // The first row of the input is used up when the first sums are kept.
    expect(isSound(model, stream, { ...plan, sums: over(0, 0) })).toBe(true);
    expect(isSound(model, stream, { ...plan, sums: over(0, 3) })).toBe(false);
    expect(isSound(model, stream, { ...plan, sums: over(x, 0) })).toBe(false);
  });

  it('lets an addition take the place of a term that is used up, and of no other', () => {
    const m = new ShapeModel();
    const x = m.input(4, 4, 4);
    const once = m.add(x, m.conv(x, 4, 3));
    const model = m.build('twice', [m.add(once, m.conv(once, 4, 3))]);
    const schedule = scheduleByLayers(model);
    const plan = planMemory(model, schedule, []);
    expect(plan.arenaBytes).toBe(2 * 64);
    expect(isSound(model, schedule, moved(plan, 2, plan.maps[0]!.offsetBytes))).toBe(true);
    const used = m.build('used', [m.add(x, m.lut(once))]);
    const later = scheduleByLayers(used);
    const safe = planMemory(used, later, []);
    expect(isSound(used, later, safe)).toBe(true);
    expect(isSound(used, later, moved(safe, once, safe.maps[x]!.offsetBytes))).toBe(false);
  });
});
