import { clamp, ceilDiv } from '../util/math.ts';
import { assert } from '../util/never.ts';
import type { Interpolation } from './bilinear.ts';
import type { MapShape, Range, SlidingWindow } from './geometry.ts';
import { foldedRows } from './layer-rows.ts';
import { mapOf, type QuantLayer, type QuantModel } from './quant-model.ts';
import { readsAlong } from './rearrangement.ts';

/**
 * Rows of input `index` that `layer` reads to compute `rows` of its output, limited to the rows that exist. Of a layer that
 * folds rows (layer-rows.ts) `rows` are those of a tape, which are the ones that it reads. Empty
 * (`from === to`) where only padding is read. Rows between two that are read count as read.
 */
export function inputRows(model: QuantModel, layer: QuantLayer, index: number, rows: Range): Range {
  const input = mapOf(model, layer.inputs[index]!).shape;
  if (rows.from >= rows.to) return { from: 0, to: 0 };
  if (foldedRows(model, layer) !== null) return rows;
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
    case 'pool':
      return windowRange(rows, axisOf(layer.window, 'h'), input.h);
    case 'add':
    case 'lut':
    case 'reencode':
    case 'softmax':
    case 'argmax':
    case 'mean':
      return rows;
    case 'binary':
      return input.h === 1 ? { from: 0, to: 1 } : rows;
    case 'rearrange':
      return clipped(readsAlong(layer.source, 'h', rows), input.h);
    case 'resize':
      return interpolatedRange(layer.rows, rows);
    case 'dense':
      return { from: 0, to: input.h };
    case 'pad':
      return shifted(rows, layer.padding.top, input.h);
    case 'concat':
      return layer.axis === 'h' ? shifted(rows, extentBefore(model, layer, index, 'h'), input.h) : rows;
    case 'reshape':
      return flattenedRows(model, layer, rows);
  }
}

/**
 * Columns of input `index` that `layer` reads to compute `columns` of its output, limited to the columns that exist.
 * A layer that mixes columns (dense, mean, reshape) reads all.
 */
export function inputColumns(model: QuantModel, layer: QuantLayer, index: number, columns: Range): Range {
  const input = mapOf(model, layer.inputs[index]!).shape;
  if (columns.from >= columns.to) return { from: 0, to: 0 };
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
    case 'pool':
      return windowRange(columns, axisOf(layer.window, 'w'), input.w);
    case 'add':
    case 'lut':
    case 'reencode':
    case 'softmax':
    case 'argmax':
      return columns;
    case 'binary':
      return input.w === 1 ? { from: 0, to: 1 } : columns;
    case 'rearrange':
      return clipped(readsAlong(layer.source, 'w', columns), input.w);
    case 'resize':
      return interpolatedRange(layer.columns, columns);
    case 'dense':
    case 'mean':
    case 'reshape':
      return { from: 0, to: input.w };
    case 'pad':
      return shifted(columns, layer.padding.left, input.w);
    case 'concat':
      return layer.axis === 'w' ? shifted(columns, extentBefore(model, layer, index, 'w'), input.w) : columns;
  }
}

interface WindowAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly paddingBefore: number;
}

function axisOf(window: SlidingWindow, axis: 'h' | 'w'): WindowAxis {
  return {
    kernel: window.kernel[axis],
    stride: window.stride[axis],
    dilation: window.dilation[axis],
    paddingBefore: axis === 'h' ? window.padding.top : window.padding.left,
  };
}

/** Output y covers inputs `y·stride − paddingBefore` to `(kernel − 1)·dilation` beyond. */
function windowRange(outputs: Range, axis: WindowAxis, extent: number): Range {
  const first = outputs.from * axis.stride - axis.paddingBefore;
  const last = (outputs.to - 1) * axis.stride - axis.paddingBefore + (axis.kernel - 1) * axis.dilation;
  return clipped({ from: first, to: last + 1 }, extent);
}

/** What lies between the first row (or column) that is read and the last. */
function interpolatedRange(places: readonly Interpolation[], { from, to }: Range): Range {
  return { from: places[from]!.lower, to: places[to - 1]!.upper + 1 };
}

function shifted(range: Range, before: number, extent: number): Range {
  return clipped({ from: range.from - before, to: range.to - before }, extent);
}

function clipped(range: Range, extent: number): Range {
  return { from: clamp(range.from, 0, extent), to: clamp(range.to, 0, extent) };
}

/** Rows or columns of the concatenation that the inputs ahead of `index` take. */
function extentBefore(model: QuantModel, layer: QuantLayer, index: number, axis: keyof MapShape): number {
  return layer.inputs.slice(0, index).reduce((total, map) => total + mapOf(model, map).shape[axis], 0);
}

function flattenedRows(model: QuantModel, layer: QuantLayer, rows: Range): Range {
  const input = mapOf(model, layer.inputs[0]!);
  const output = mapOf(model, layer.output);
  const [inputRowValues, outputRowValues] = [input, output].map(({ shape }) => shape.w * shape.c) as [
    number,
    number,
  ];
  assert(inputRowValues > 0 && outputRowValues > 0, `${layer.name} reshapes an empty map`);
  return clipped(
    {
      from: Math.floor((rows.from * outputRowValues) / inputRowValues),
      to: ceilDiv(rows.to * outputRowValues, inputRowValues),
    },
    input.shape.h,
  );
}
