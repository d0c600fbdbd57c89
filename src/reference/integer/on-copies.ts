import { rowsCompleted } from '../../ir/layer-rows.ts';
import type { QuantLayer } from '../../ir/quant-model.ts';
import { inputColumns, inputRows } from '../../ir/receptive-field.ts';
import { elementCount } from '../../ir/geometry.ts';
import { packColumns, unpackColumns } from '../../util/packed-columns.ts';
import { sum } from '../../util/math.ts';
import { rowStart, type KernelContext, type PlacedMap, type Rect, type RowKernel } from './row-kernel.ts';

/**
 * A kernel on maps of which some hold several values a byte, or whose output lies over an input: it runs on copies with one byte
 * a value, of what the rectangle needs, and what it computes is packed again. `prepare` makes the kernel for the copies.
 */
export function prepareOnCopies(
  layer: QuantLayer,
  context: KernelContext,
  prepare: (layer: QuantLayer, context: KernelContext) => RowKernel,
): RowKernel {
  const { model, arena, inputs, output, sums } = context;
  const copies = new Int8Array(sum([...inputs, output].map((map) => elementCount(map.shape))));
  let end = 0;
  const copyOf = (map: PlacedMap): PlacedMap => {
    const offsetBytes = end;
    end += elementCount(map.shape);
    return { ...map, offsetBytes, rowBytes: map.shape.w * map.shape.c, ringRows: map.shape.h };
  };
  const inputCopies = inputs.map(copyOf);
  const outputCopy = copyOf(output);
  const compute = prepare(layer, { model, arena: copies, inputs: inputCopies, output: outputCopy, sums });

  return (rect: Rect) => {
    inputs.forEach((map, index) => {
      const rows = inputRows(model, layer, index, rect.rows);
      const columns = inputColumns(model, layer, index, rect.columns);
      const { c } = map.shape;
      const first = columns.from - rect.inputColumn[index === 0 ? 0 : 1];
      for (let y = rows.from; y < rows.to; y++) {
        const to = rowStart(inputCopies[index]!, y) + columns.from * c;
        unpackColumns(arena, rowStart(map, y), first, columns.to - columns.from, c, map.bits, copies, to);
      }
    });
    compute({ rows: rect.rows, columns: rect.columns, inputColumn: [0, 0], outputColumn: 0 });
    const { from, to } = rect.columns;
    const { c } = output.shape;
    const rows = rowsCompleted(model, layer, rect.rows);
    for (let y = rows.from; y < rows.to; y++) {
      const source = rowStart(outputCopy, y) + from * c;
      const first = from - rect.outputColumn;
      packColumns(copies, source, to - from, c, output.bits, arena, rowStart(output, y), first);
    }
  };
}
