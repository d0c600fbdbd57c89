import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Range } from '../../src/ir/geometry.ts';
import { layerOf, mapOf, type QuantLayer } from '../../src/ir/quant-model.ts';
import { inputColumns, inputRows } from '../../src/ir/receptive-field.ts';
import { randomModel } from '../support/random-models.ts';
import { ShapeModel } from '../support/shape-models.ts';

/** Input rows that a sliding window touches, found by visiting every tap of every output row. */
function touchedByTaps(layer: QuantLayer & { kind: 'conv' }, height: number, rows: Range): Range {
  const { kernel, stride, dilation, padding } = layer.window;
  const touched: number[] = [];
  for (let y = rows.from; y < rows.to; y++) {
    for (let k = 0; k < kernel.h; k++) {
      const row = y * stride.h - padding.top + k * dilation.h;
      if (row >= 0 && row < height) touched.push(row);
    }
  }
  return touched.length === 0
    ? { from: 0, to: 0 }
    : { from: Math.min(...touched), to: Math.max(...touched) + 1 };
}

const length = (range: Range): number => range.to - range.from;

describe('inputRows', () => {
  it('covers every tap of a window and nothing beyond', () => {
    fc.assert(
      fc.property(randomModel, fc.nat(), fc.nat(), (model, a, b) => {
        for (const layer of model.layers) {
          if (layer.kind !== 'conv') continue;
          const heights = [layer.inputs[0]!, layer.output].map((map) => mapOf(model, map).shape.h);
          const [from, to] = [a % heights[1]!, b % heights[1]!].sort((p, q) => p - q) as [number, number];
          const rows = { from, to: to + 1 };
          const expected = touchedByTaps(layer, heights[0]!, rows);
          const found = inputRows(model, layer, 0, rows);
          // Rows that a stride or a dilation passes over may count as read.
          const { kernel, stride, dilation } = layer.window;
          if (dilation.h === 1 && stride.h <= kernel.h) expect(length(found)).toBe(length(expected));
          if (length(expected) > 0) expect(found.from <= expected.from && found.to >= expected.to).toBe(true);
        }
      }),
    );
  });

  it('reads the rows above and below of a 3×3 window, cut at the borders', () => {
    const m = new ShapeModel();
    const model = m.build('one', [m.conv(m.input(8, 5, 2), 3, 3)]);
    const rows = (from: number, to: number): Range => inputRows(model, layerOf(model, 0), 0, { from, to });
    expect(rows(0, 1)).toEqual({ from: 0, to: 2 });
    expect(rows(3, 5)).toEqual({ from: 2, to: 6 });
    expect(rows(7, 8)).toEqual({ from: 6, to: 8 });
    expect(inputColumns(model, layerOf(model, 0), 0, { from: 4, to: 5 })).toEqual({ from: 3, to: 5 });
  });

  it('pads at the bottom only where a stride of 2 meets an even input', () => {
    const m = new ShapeModel();
    const model = m.build('one', [m.conv(m.input(8, 8, 1), 1, 3, 2)]);
    expect(inputRows(model, layerOf(model, 0), 0, { from: 0, to: 1 })).toEqual({ from: 0, to: 3 });
    expect(inputRows(model, layerOf(model, 0), 0, { from: 3, to: 4 })).toEqual({ from: 6, to: 8 });
  });

  it('gives each input of a concatenation along the rows its own part', () => {
    const m = new ShapeModel();
    const model = m.build('two', [m.concatRows([m.input(3, 2, 1), m.input(4, 2, 1)])]);
    const concat = layerOf(model, 0);
    expect(inputRows(model, concat, 0, { from: 1, to: 5 })).toEqual({ from: 1, to: 3 });
    expect(inputRows(model, concat, 1, { from: 1, to: 5 })).toEqual({ from: 0, to: 2 });
    expect(inputRows(model, concat, 1, { from: 0, to: 3 })).toEqual({ from: 0, to: 0 });
  });

  it('follows the flat order of the values through a reshape', () => {
    const m = new ShapeModel();
    const model = m.build('flat', [m.reshape(m.input(6, 2, 1), { h: 3, w: 4, c: 1 })]);
    expect(inputRows(model, layerOf(model, 0), 0, { from: 1, to: 2 })).toEqual({ from: 2, to: 4 });
  });
});
