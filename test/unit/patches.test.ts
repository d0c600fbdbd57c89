import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { playSchedule } from '../../src/ir/play-schedule.ts';
import { scheduledMacsByLayer } from '../../src/ir/scheduled-macs.ts';
import { playTape } from '../../src/ir/tape.ts';
import { peakBytes } from '../../src/memory/peak.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { schedulePatches } from '../../src/schedule/by-patches.ts';
import { scheduleStream } from '../../src/schedule/by-rows.ts';
import { cutIntoCells } from '../../src/schedule/cover.ts';
import { packTape } from '../../src/schedule/pack-tape.ts';
import { choosePatches } from '../../src/search/patch-stage.ts';
import { planPortably } from '../support/plans.ts';
import { randomModel } from '../support/random-models.ts';
import { mobilenetV2Shapes, resnet8Shapes, ShapeModel, vwwShapes } from '../support/shape-models.ts';

function codesOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

describe('a patch stage', () => {
  const m = new ShapeModel();
  const first = m.conv(m.input(9, 8, 2), 2, 3);
  const model = m.build('chain', [m.conv(m.conv(first, 2, 3, 2), 2, 1)]);

  it('is cut with a halo inside the map and none at its border', () => {
    const { windows } = schedulePatches(model, { split: 1, rows: 2, columns: 2 });
    expect(windows[3]!.spans).toEqual([
      { layer: 0, rows: { from: 3, to: 9 }, columns: { from: 4, to: 8 } },
      { layer: 1, rows: { from: 2, to: 5 }, columns: { from: 2, to: 4 } },
    ]);
  });

  it('counts what halos compute twice', () => {
    const schedule = schedulePatches(model, { split: 1, rows: 2, columns: 2 });
    const computed = (4 + 6) * (5 + 4);
    expect([...scheduledMacsByLayer(model, schedule).values()]).toEqual([
      computed * 36,
      5 * 4 * 36,
      5 * 4 * 4,
    ]);
  });

  it('must leave one map', () => {
    const fork = new ShapeModel();
    const x = fork.conv(fork.input(8, 8, 2), 2, 3);
    const residual = fork.build('fork', [fork.add(x, fork.conv(x, 2, 3))]);
    expect(codesOf(() => schedulePatches(residual, { split: 1, rows: 2, columns: 2 }))).toEqual(['QM711']);
    expect(codesOf(() => schedulePatches(residual, { split: 2, rows: 2, columns: 2 }))).toEqual([]);
  });

  it('must not be cut finer than its map, nor join many maps', () => {
    expect(codesOf(() => schedulePatches(model, { split: 1, rows: 6, columns: 2 }))).toEqual(['QM712']);
    const wide = new ShapeModel();
    const x = wide.input(4, 4, 1);
    const joined = wide.build('wide', [wide.concatRows([x, wide.lut(x), wide.lut(x)])]);
    expect(codesOf(() => schedulePatches(joined, { split: 2, rows: 2, columns: 2 }))).toEqual(['QM713']);
  });

  it('ends at a node that there is, in a network with room for one', () => {
    expect(codesOf(() => choosePatches(model, { split: 'nowhere', patches: null }, []))).toEqual(['QM710']);
    const flat = new ShapeModel();
    const vector = flat.build('flat', [flat.dense(flat.input(1, 1, 8), 4)]);
    expect(codesOf(() => choosePatches(vector, { split: null, patches: null }, []))).toEqual(['QM714']);
  });

  it('needs the whole input', () => {
    expect(codesOf(() => planPortably(model, 'patch', { pushRows: true }))).toEqual(['QM715']);
    expect(codesOf(() => planPortably(model, 'auto', { pushRows: true }))).toEqual([]);
  });

  it.each([
    ['resnet8', resnet8Shapes()],
    ['vww', vwwShapes()],
    ['mobilenetv2', mobilenetV2Shapes()],
  ])('brings down the peak of %s', (_name, network) => {
    const patched = peakBytes(network, choosePatches(network, { split: null, patches: null }, []));
    expect(patched).toBeLessThan(peakBytes(network, scheduleByLayers(network)));
  });
});

describe('the cells of a grid', () => {
  it('cover the map once, with sizes that differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (h, w, seed) => {
          const [rows, columns] = [1 + (seed % h), 1 + (seed % w)];
          const cells = cutIntoCells(h, w, rows, columns);
          const counts = new Array<number>(h * w).fill(0);
          for (const cell of cells) {
            for (let y = cell.rows.from; y < cell.rows.to; y++)
              for (let x = cell.columns.from; x < cell.columns.to; x++) counts[y * w + x]! += 1;
            expect([Math.floor(h / rows), Math.ceil(h / rows)]).toContain(cell.rows.to - cell.rows.from);
          }
          expect(counts.every((count) => count === 1)).toBe(true);
          expect(cells).toHaveLength(rows * columns);
        },
      ),
    );
  });
});

describe('a packed tape', () => {
  it('plays the calls that it was made of', () => {
    const call = fc.record({
      kind: fc.constant('rows' as const),
      layer: fc.nat(2),
      count: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        const rowsOf = (steps: Iterable<{ layer: number; count: number }>): number[] =>
          [...steps].flatMap(({ layer, count }) => new Array<number>(count).fill(layer));
        const steps = [...playTape(packTape(calls))].map(({ layer, y0, y1 }) => ({ layer, count: y1 - y0 }));
        expect(rowsOf(steps)).toEqual(rowsOf(calls));
      }),
      { numRuns: 500 },
    );
  });

  it('holds periods as repeats, in one another too', () => {
    const rows = (layer: number) => ({ kind: 'rows', layer, count: 1 }) as const;
    const inner = [0, 1, 0, 1, 0, 1, 2].map(rows);
    expect(packTape([...inner, ...inner, ...inner])).toEqual([
      {
        kind: 'repeat',
        times: 3,
        body: [{ kind: 'repeat', times: 3, body: [rows(0), rows(1)] }, rows(2)],
      },
    ]);
  });
});

describe('a stream', () => {
  it('computes no row twice', () => {
    fc.assert(
      fc.property(randomModel, (model) => {
        const next = model.layers.map(() => 0);
        for (const step of playSchedule(model, scheduleStream(model))) {
          expect(step.y0).toBe(next[step.layer]);
          next[step.layer] = step.y1;
        }
      }),
    );
  });

  it('of all layers fits a limit that it fits by itself', () => {
    fc.assert(
      fc.property(randomModel, (model) => {
        const maxRam = planMemory(model, scheduleStream(model), []).arenaBytes;
        const { plan } = planPortably(model, 'stream', { limits: { maxRam } });
        expect(plan.arenaBytes).toBeLessThanOrEqual(maxRam);
      }),
    );
  });
});
