import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { pairedRowBytes, valuesOfPairs } from '../../src/ir/map-layout.ts';
import type { MapPlacement } from '../../src/ir/memory-plan.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import { inputRows } from '../../src/ir/receptive-field.ts';
import type { Rect } from '../../src/reference/integer/row-kernel.ts';
import { runInC, type KernelsOf } from '../support/c-cases.ts';
import { describeCase, kernelsWithin, runInTypeScript, withScratch } from '../support/fast-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawFrom, drawModel, type Draw, type LayerCase } from '../support/random-layer.ts';

const FEATURES = { dsp: true, mve: false, fpu: false };
/** What a kernel may take for scratch: enough, and so little that it works in parts, on weights as they stand. */
const BUDGETS_BYTES = [6144, 96];
const CASES_PER_KIND = 24;
/** Noise where a pair has no value. */
const NOISE = 0x5a;

/** One kernel call on values, and on pairs. */
interface Twins {
  readonly onValues: LayerCase;
  readonly onPairs: LayerCase;
}

describe.each(['depthwise', 'conv'] as const)('%s kernels on pairs', (kind) => {
  it('compute what the integer executor computes on values', () => {
    expectExact(kind, runInC);
  });

  it('do so in instructions of the DSP extension', () => {
    expectExact(kind, (cases, kernelsOf) => runOnQemu(cases, kernelsOf, 'cortex-m4'));
  }, 240_000);
});

function expectExact(
  kind: 'depthwise' | 'conv',
  run: (cases: readonly LayerCase[], kernelsOf: KernelsOf) => readonly Uint8Array[],
): void {
  for (const budgetBytes of BUDGETS_BYTES) {
    const kernelsOf: KernelsOf = (model) =>
      kernelsWithin(FEATURES, budgetBytes)(model).map((kernel) => kernel.onPairs ?? kernel);
    const twins = drawTwins(kind, kernelsOf);
    const cases = twins.map(({ onPairs }) => withScratch(onPairs, kernelsOf));
    const arenas = run(cases, kernelsOf);
    twins.forEach(({ onValues, onPairs }, index) => {
      const values = runInTypeScript(onValues);
      expect(outputOf(onPairs, arenas[index]!), describeCase(onPairs)).toEqual(outputOf(onValues, values));
    });
  }
}

function drawTwins(kind: 'depthwise' | 'conv', kernelsOf: KernelsOf): readonly Twins[] {
  return (['tflite', 'single'] as const).flatMap((rounding) => {
    const found: Twins[] = [];
    for (let seed = 0; found.length < CASES_PER_KIND; seed++) {
      const [g] = fc.sample(fc.gen(), { seed, numRuns: 1 });
      const draw = drawFrom(g!);
      const model = drawModel(draw, kind, rounding);
      if (!mayBeOnPairs(model)) continue;
      const { reads, writes } = kernelsOf(model)[0]!;
      if (reads === 'pairs' || writes === 'pairs') found.push(twinsOf(draw, model, kind === 'conv'));
    }
    return found;
  });
}

/** Spares most others the search for a kernel. */
function mayBeOnPairs({ layers: [layer] }: QuantModel): boolean {
  if (layer!.kind !== 'conv') return true;
  const { kernel, stride } = layer.window;
  return layer.groups === 1 && [kernel.h, kernel.w, stride.h, stride.w].every((extent) => extent === 1);
}

/** Some rows of a layer, the paired map in a ring that holds what the call reads or writes of it. */
function twinsOf(draw: Draw, model: QuantModel, readsPairs: boolean): Twins {
  const layer = model.layers[0]!;
  const [input, output] = [mapOf(model, 0), mapOf(model, layer.output)];
  const from = draw.integer(0, output.shape.h - 1);
  const rows = { from, to: draw.integer(from + 1, output.shape.h) };
  const rect: Rect = {
    rows,
    columns: { from: 0, to: output.shape.w },
    inputColumn: [0, 0],
    outputColumn: 0,
  };
  const paired = readsPairs ? input : output;
  const held = readsPairs ? inputRows(model, layer, 0, rows) : rows;
  const ringRows = draw.integer(held.to - held.from, paired.shape.h);
  const bytes = elementCount(input.shape);
  const values = Uint8Array.from(draw.integers(bytes, 0, 255));

  const place = (layout: 'values' | 'pairs'): LayerCase => {
    const isPaired = layout === 'pairs';
    const pairedBytes = isPaired
      ? ringRows * pairedRowBytes(paired.shape)
      : paired.shape.h * paired.shape.w * paired.shape.c;
    const placementOf = (id: number): MapPlacement => {
      const { h, w, c } = mapOf(model, id).shape;
      return isPaired && id === paired.id
        ? { map: id, offsetBytes: 0, rowBytes: pairedRowBytes({ h, w, c }), ringRows, layout }
        : { map: id, offsetBytes: id === paired.id ? 0 : pairedBytes, rowBytes: w * c, ringRows: h };
    };
    const maps = [placementOf(0), placementOf(layer.output)];
    const other = readsPairs ? output : input;
    const arena = new Uint8Array(pairedBytes + elementCount(other.shape)).fill(NOISE);
    for (let y = 0; y < input.shape.h; y++) writeRow(arena, maps[0]!, model, y, values, held);
    const memory = {
      arenaBytes: arena.length,
      hotBytes: 0,
      alignmentBytes: 1,
      maps,
      scratch: [],
      sums: [],
      replacing: [],
      liveBytes: arena.length,
      peakLayer: 0,
    };
    return { model, memory, rect, arena };
  };
  return { onValues: place('values'), onPairs: place('pairs') };
}

function writeRow(
  arena: Uint8Array,
  { offsetBytes, rowBytes, ringRows, layout }: MapPlacement,
  model: QuantModel,
  y: number,
  values: Uint8Array,
  held: { readonly from: number; readonly to: number },
): void {
  const { w, c } = mapOf(model, 0).shape;
  const row = values.subarray(y * w * c, (y + 1) * w * c);
  const start = offsetBytes + (y % ringRows) * rowBytes;
  if (layout !== 'pairs') {
    arena.set(row, start);
    return;
  }
  if (y < held.from || y >= held.to) return;
  const groups = Math.ceil(c / 4);
  const halves = new Int16Array(rowBytes / 2).fill(NOISE);
  for (let x = 0; x < w; x++) {
    for (let k = 0; k < c; k++) {
      // Groups of four channels: words of pixels 0 and 1 with channels (0, 2), then with channels (1, 3).
      const word = (Math.floor(x / 2) * groups + Math.floor(k / 4)) * 4 + (k % 2) * 2 + (x % 2);
      halves[2 * word + (k % 4 >= 2 ? 1 : 0)] = (row[x * c + k]! << 24) >> 24;
    }
  }
  arena.set(new Uint8Array(halves.buffer), start);
}

/** The values of the rows that were computed. */
function outputOf({ model, memory, rect }: LayerCase, arena: Uint8Array): readonly Uint8Array[] {
  const { output } = model.layers[0]!;
  const { offsetBytes, rowBytes, ringRows, layout } = memory.maps[output]!;
  const { shape } = mapOf(model, output);
  const rows: Uint8Array[] = [];
  for (let { from: y } = rect.rows; y < rect.rows.to; y++) {
    const start = offsetBytes + (y % ringRows) * rowBytes;
    const row = arena.slice(start, start + rowBytes);
    rows.push(layout === 'pairs' ? valuesOfPairs(row, shape) : row);
  }
  return rows;
}
