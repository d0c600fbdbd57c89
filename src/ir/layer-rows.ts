import type { Range } from './geometry.ts';
import { mapOf, type QuantLayer, type QuantModel } from './quant-model.ts';

/**
 * Rows of the input that `layer` folds into the one row of its output, adding them up as they come; null for a layer that
 * computes each row of its output from rows of its input that are all there. A tape counts the rows of a layer that folds by its
 * input, so that it need not be in memory as a whole.
 */
export function foldedRows(model: QuantModel, layer: QuantLayer): number | null {
  const input = mapOf(model, layer.inputs[0] ?? -1).shape;
  if (layer.kind === 'mean') return input.h;
  if (layer.kind !== 'pool' || layer.reduce !== 'average' || mapOf(model, layer.output).shape.h > 1)
    return null;
  const { kernel, dilation, padding } = layer.window;
  const rows = Math.min(input.h, kernel.h - padding.top);
  return rows > 1 && dilation.h === 1 ? rows : null;
}

/** Bytes in which a layer that folds keeps its sums from one call to the next: 32 bits for each value of its output. */
export function sumBytes(model: QuantModel, layer: QuantLayer): number {
  const { w, c } = mapOf(model, layer.output).shape;
  return 4 * w * c;
}

/** How many rows a tape counts of a layer: those of its output, or those that it folds. */
export function tapeRows(model: QuantModel, layer: QuantLayer): number {
  return foldedRows(model, layer) ?? mapOf(model, layer.output).shape.h;
}

/** The rows of a tape in which a layer computes `rows` of its output. */
export function tapeRowsFor(model: QuantModel, layer: QuantLayer, rows: Range): Range {
  const folded = foldedRows(model, layer);
  return folded === null ? rows : { from: rows.from * folded, to: rows.to * folded };
}

/** The rows of its output that are complete once a layer has computed `rows` of a tape, and were not before. */
export function rowsCompleted(model: QuantModel, layer: QuantLayer, rows: Range): Range {
  const folded = foldedRows(model, layer);
  if (folded === null) return rows;
  return { from: Math.floor(rows.from / folded), to: Math.floor(rows.to / folded) };
}
