import type { QuantConcat } from '../../ir/quant-model.ts';
import { prepareLookUp } from './lut.ts';
import { pixelStart } from './row-kernel.ts';
import type { KernelContext, PlacedMap, Rect, RowKernel } from './row-kernel.ts';

/** An input and where it begins along the axis of the concatenation. */
interface Part {
  readonly map: PlacedMap;
  readonly begin: number;
  /** From a value of this input to one of the output; null where they are the same. */
  readonly lookUp: ((value: number, channel: number) => number) | null;
}

/** Each input copied to its place, through its table where it has one. */
export function prepareConcat(layer: QuantConcat, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const { axis } = layer;
  const parts: Part[] = [];
  let begin = 0;
  context.inputs.forEach((map, index) => {
    const table = layer.tables[index] ?? null;
    parts.push({ map, begin, lookUp: table && prepareLookUp(table, map) });
    begin += map.shape[axis];
  });

  return (rect: Rect) => {
    parts.forEach(({ map, begin, lookUp }, index) => {
      const beginY = axis === 'h' ? begin : 0;
      const beginX = axis === 'w' ? begin : 0;
      const beginC = axis === 'c' ? begin : 0;
      const rows = overlap(rect.rows, beginY, beginY + map.shape.h);
      const columns = overlap(rect.columns, beginX, beginX + map.shape.w);
      for (let y = rows.from; y < rows.to; y++) {
        for (let x = columns.from; x < columns.to; x++) {
          const source = pixelStart(map, y - beginY, x - beginX, rect.inputColumn[index === 0 ? 0 : 1]);
          const at = pixelStart(output, y, x, rect.outputColumn) + beginC;
          for (let c = 0; c < map.shape.c; c++) {
            const value = arena[source + c]!;
            arena[at + c] = lookUp === null ? value : lookUp(value, c);
          }
        }
      }
    });
  };
}

function overlap(range: Rect['rows'], from: number, to: number): Rect['rows'] {
  return { from: Math.max(range.from, from), to: Math.min(range.to, to) };
}
