import type { MapShape } from '../../ir/geometry.ts';
import { inputOf, type Graph } from '../../ir/graph.ts';
import type { Affine } from '../../ir/quantization.ts';
import { sum } from '../../util/math.ts';
import type { WeightedNode } from '../../ir/weight-layout.ts';
import type { Position } from './positions.ts';
import type { Matrix } from './products.ts';

/** The stored values of one map, by image. */
export type StoredMaps = readonly Int8Array[];

/** How many independent products a layer is made of: each reads channels of its own. */
export function groupCount(node: WeightedNode, graph: Graph): number {
  switch (node.kind) {
    case 'conv':
      return node.groups;
    case 'depthwise':
      return inputOf(graph, node).shape.c;
    case 'dense':
      return 1;
  }
}

/**
 * What the weights of one group multiply (im2col): a row for each position, a column for each tap, in the order of the
 * layer's weights. Values are those of the accumulators, q − zero point; 0 on the padding.
 */
export function gatherColumns(
  node: WeightedNode,
  graph: Graph,
  group: number,
  maps: StoredMaps,
  affine: Affine,
  positions: readonly Position[],
): Matrix {
  const { shape } = inputOf(graph, node);
  const zeroPoint = Int32Array.from(
    { length: shape.c },
    (_, c) => affine.zeroPoint[c % affine.zeroPoint.length]!,
  );
  const offsets = tapOffsets(node, shape);
  const channels = node.kind === 'dense' ? shape.c : shape.c / groupCount(node, graph);
  const first = group * channels;
  const columns = offsets.length * channels;
  const values = new Float32Array(positions.length * columns);
  const origin = node.kind === 'dense' ? null : node.window;
  positions.forEach(({ image, y, x }, row) => {
    const map = maps[image]!;
    const top = origin === null ? 0 : y * origin.stride.h - origin.padding.top;
    const left = origin === null ? 0 : x * origin.stride.w - origin.padding.left;
    let to = row * columns;
    for (const offset of offsets) {
      const inY = top + offset.y;
      const inX = left + offset.x;
      const isInside = inY >= 0 && inY < shape.h && inX >= 0 && inX < shape.w;
      const from = (inY * shape.w + inX) * shape.c + first;
      if (isInside) {
        for (let c = 0; c < channels; c++) values[to + c] = map[from + c]! - zeroPoint[first + c]!;
      }
      to += channels;
    }
  });
  return { rows: positions.length, columns, values };
}

/** Rows and columns between the first tap of a window and each; of a dense layer, between the first value and each. */
function tapOffsets(
  node: WeightedNode,
  shape: MapShape,
): readonly { readonly y: number; readonly x: number }[] {
  const grid = (h: number, w: number, dilationY: number, dilationX: number) =>
    Array.from({ length: h * w }, (_, i) => ({ y: Math.floor(i / w) * dilationY, x: (i % w) * dilationX }));
  if (node.kind === 'dense') return grid(shape.h, shape.w, 1, 1);
  const { kernel, dilation } = node.window;
  return grid(kernel.h, kernel.w, dilation.h, dilation.w);
}

/** Columns `first` … of a matrix. */
export function columnsOf(matrix: Matrix, first: number, columns: number): Matrix {
  if (columns === matrix.columns) return matrix;
  const values = new Float32Array(matrix.rows * columns);
  for (let row = 0; row < matrix.rows; row++) {
    const from = row * matrix.columns + first;
    values.set(matrix.values.subarray(from, from + columns), row * columns);
  }
  return { rows: matrix.rows, columns, values };
}

export function columnMeans({ rows, columns, values }: Matrix): Float64Array {
  const mean = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) mean[c]! += values[row * columns + c]!;
  }
  return mean.map((total) => total / rows);
}

/** The columns of a matrix, each less its part of `mean`. */
export function centredColumns({ rows, columns, values }: Matrix, mean: Float64Array): Matrix {
  const centred = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let c = 0; c < columns; c++) centred[start + c] = values[start + c]! - mean[c]!;
  }
  return { rows, columns, values: centred };
}

/**
 * Deviations that a column is taken to have at least, in steps of the input and as a share of the deviation of all columns:
 * on one that all but stands still a large weight would cost a fit nothing.
 */
const LEAST_DEVIATION_STEPS = 0.5;
const LEAST_DEVIATION_SHARE = 0.1;

/** Columns divided by their deviations (of those without a mean), and these divisors. */
export function normalisedColumns({ rows, columns, values }: Matrix): {
  readonly normalised: Matrix;
  readonly deviation: Float64Array;
} {
  const variance = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) variance[c]! += values[row * columns + c]! ** 2 / rows;
  }
  const floor = LEAST_DEVIATION_STEPS ** 2 + (LEAST_DEVIATION_SHARE ** 2 * sum(variance)) / columns;
  const deviation = variance.map((own) => Math.sqrt(own + floor));
  const normalised = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let c = 0; c < columns; c++) normalised[start + c] = values[start + c]! / deviation[c]!;
  }
  return { normalised: { rows, columns, values: normalised }, deviation };
}
