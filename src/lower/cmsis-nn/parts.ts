import type { MapShape, Range, SlidingWindow } from '../../ir/geometry.ts';
import { rowsCompleted, tapeRowsFor } from '../../ir/layer-rows.ts';
import { layerOf, mapOf, type LayerOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { inputColumns, inputRows } from '../../ir/receptive-field.ts';
import type { Schedule, TapeStep } from '../../ir/schedule.ts';
import { playSchedule } from '../../ir/play-schedule.ts';
import { findStorage } from '../../memory/row-lives.ts';

/** How rows of a map are kept: row y in slot `y mod ringRows`, slots `rowBytes` apart. */
export interface StoredRows {
  readonly rowBytes: number;
  readonly ringRows: number;
}

/** A kernel call of a layer: what it computes, and at which columns the stored rows begin. */
export type Step = Pick<TapeStep, 'y0' | 'y1' | 'x0' | 'x1' | 'inX' | 'outX'>;

/** All that the calls of CMSIS-NN for a layer depend on, besides the layer. */
export interface LayerSteps {
  readonly steps: readonly Step[];
  readonly inputs: readonly StoredRows[];
  readonly output: StoredRows;
}

/** By layer, how a schedule computes it; the rows of its calls are those of its output. */
export function stepsByLayer(model: QuantModel, schedule: Schedule): readonly LayerSteps[] {
  const all = [...playSchedule(model, schedule)];
  const storage = findStorage(model, schedule, all);
  return model.layers.map(({ id, inputs, output }) => ({
    steps: all.filter(({ layer }) => layer === id).map((step) => outputRowsOf(model, step)),
    inputs: inputs.map((map) => storage[map]!),
    output: storage[output]!,
  }));
}

/** A call in rows of its output, of which one that folds some of its rows completes none. */
function outputRowsOf(model: QuantModel, step: TapeStep): Step {
  const { from, to } = rowsCompleted(model, layerOf(model, step.layer), { from: step.y0, to: step.y1 });
  return { ...step, y0: from, y1: to };
}

/** Whether every call computes the layer whole, from and to maps whose rows lie one right after the other. */
export function isWhole(
  model: QuantModel,
  layer: QuantLayer,
  { steps, inputs, output }: LayerSteps,
): boolean {
  const shape = mapOf(model, layer.output).shape;
  const fits = ({ h, w, c }: MapShape, { rowBytes, ringRows }: StoredRows): boolean =>
    rowBytes === w * c && ringRows === h;
  return (
    fits(shape, output) &&
    layer.inputs.every((map, index) => fits(mapOf(model, map).shape, inputs[index]!)) &&
    steps.every(({ y0, y1, x0, x1 }) => y0 === 0 && x0 === 0 && y1 === shape.h && x1 === shape.w)
  );
}

/** What one call of a function that slides a window is given; see templates/runtime/cmsis_nn/qmcu_cmsis_nn_part.h. */
export interface Part {
  readonly input: MapShape;
  readonly output: MapShape;
  /** The layer's window, with the padding ahead of this part. */
  readonly window: SlidingWindow;
  /** Of the copies of what is read and written; 0 where the arena has it row after row. */
  readonly inputBytes: number;
  readonly outputBytes: number;
}

export type SlidingLayer = LayerOf<'conv' | 'depthwise' | 'pool'>;

/** The parts that a layer is computed in, of `maxRows` rows at most; null where windows of one see nothing but padding. */
export function partsOf(
  model: QuantModel,
  layer: SlidingLayer,
  { steps, inputs, output }: LayerSteps,
  maxRows: number,
): readonly Part[] | null {
  const parts: Part[] = [];
  for (const { y0, y1, x0, x1 } of steps) {
    for (let y = y0; y < y1; y += maxRows) {
      const area = { rows: { from: y, to: Math.min(y + maxRows, y1) }, columns: { from: x0, to: x1 } };
      const part = partOf(model, layer, area, inputs[0]!, output);
      if (part === null) return null;
      parts.push(part);
    }
  }
  return parts;
}

function partOf(
  model: QuantModel,
  layer: SlidingLayer,
  area: { readonly rows: Range; readonly columns: Range },
  storedInput: StoredRows,
  storedOutput: StoredRows,
): Part | null {
  const { window } = layer;
  const source = mapOf(model, layer.inputs[0]!).shape;
  const channels = mapOf(model, layer.output).shape.c;
  const rows = inputRows(model, layer, 0, tapeRowsFor(model, layer, area.rows));
  const columns = inputColumns(model, layer, 0, area.columns);
  const [h, wanted] = [lengthOf(rows), lengthOf(columns)];
  if (h === 0 || wanted === 0) return null;
  const endsBeyond =
    (area.columns.to - 1) * window.stride.w -
      window.padding.left +
      (window.kernel.w - 1) * window.dilation.w >=
    source.w;
  const isPointwise = window.kernel.h * window.kernel.w * window.stride.h * window.stride.w === 1;
  const { rowBytes } = storedInput;
  const isInOrder = liesInOrder(storedInput, rows);
  const servesAsStored =
    isPointwise || endsBeyond
      ? isInOrder && rowBytes === wanted * source.c
      : isInOrder && rowBytes % source.c === 0;
  const isDirect = h === 1 || servesAsStored;
  const output = { h: lengthOf(area.rows), w: lengthOf(area.columns), c: channels };
  const liesTogether =
    output.h === 1 || (storedOutput.rowBytes === output.w * channels && liesInOrder(storedOutput, area.rows));
  const padding = {
    ...window.padding,
    top: Math.max(0, window.padding.top - area.rows.from * window.stride.h),
    left: Math.max(0, window.padding.left - area.columns.from * window.stride.w),
  };
  return {
    input: { h, w: h > 1 && servesAsStored ? rowBytes / source.c : wanted, c: source.c },
    output,
    window: { ...window, padding },
    inputBytes: isDirect ? 0 : h * wanted * source.c,
    outputBytes: liesTogether ? 0 : output.h * output.w * channels,
  };
}

function lengthOf({ from, to }: Range): number {
  return to - from;
}

/** Whether the ring begins anew nowhere between the rows. */
function liesInOrder({ ringRows }: StoredRows, rows: Range): boolean {
  return (rows.from % ringRows) + lengthOf(rows) <= ringRows;
}
