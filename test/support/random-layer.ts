import fc from 'fast-check';
import { interpolationsAlong } from '../../src/ir/bilinear.ts';
import {
  sameShape,
  slidingOutputShape,
  type Extent,
  type MapShape,
  type SlidingWindow,
} from '../../src/ir/geometry.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { MapPlacement, MemoryPlan } from '../../src/ir/memory-plan.ts';
import type { QuantAdd, QuantLayer, QuantMap, QuantModel, QuantWeights } from '../../src/ir/quant-model.ts';
import { indexAffine } from '../../src/ir/index-map.ts';
import type { LayerKind, LayerOf } from '../../src/ir/quant-model.ts';
import { packedRowBytes } from '../../src/ir/quant-model.ts';
import { foldedRows, sumBytes, tapeRows } from '../../src/ir/layer-rows.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import type { Requant, Rounding } from '../../src/ir/quantization.ts';
import { rearrangedShape } from '../../src/ir/rearrangement.ts';
import type { Rect } from '../../src/reference/integer/row-kernel.ts';
import { alignUp } from '../../src/util/math.ts';
import { drawBinary, drawRearrangement } from './random-values.ts';

/** One layer with its maps placed in an arena full of noise, and a rectangle of its output to compute. */
export interface LayerCase {
  readonly model: QuantModel;
  readonly memory: MemoryPlan;
  readonly rect: Rect;
  readonly arena: Uint8Array;
}

/** Draws the choices that make up a case. */
export interface Draw {
  readonly integer: (min: number, max: number) => number;
  readonly pick: <T>(...items: readonly T[]) => T;
  /** Evenly distributed integers; all of them hang on one drawn seed. */
  readonly integers: (count: number, min: number, max: number) => readonly number[];
}

export function drawFrom(g: fc.GeneratorValue): Draw {
  const integer = (min: number, max: number): number => g(fc.integer, { min, max });
  return {
    integer,
    pick: (...items) => items[integer(0, items.length - 1)]!,
    integers: (count, min, max) => {
      let state = integer(1, 2 ** 31 - 1);
      return Array.from({ length: count }, () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return min + ((state >>> 0) % (max - min + 1));
      });
    },
  };
}

export const EMPTY_GRAPH: Graph = { name: 'random', tensors: [], nodes: [], inputs: [], outputs: [] };

/** A layer without what numbers it and ties it to maps. */
export type Body = {
  [K in LayerKind]: Omit<LayerOf<K>, 'id' | 'node' | 'name' | 'inputs' | 'output'>;
}[LayerKind];

export interface Made {
  readonly body: Body;
  readonly inputs: readonly MapShape[];
  readonly output: MapShape;
  /** Zero points of an input, where the kind allows one for each channel. */
  readonly perChannel: boolean;
}

/** A model of one layer of the given kind. */
export function drawModel(draw: Draw, kind: LayerKind, rounding: Rounding): QuantModel {
  const made = MAKE[kind](draw, rounding);
  const output = made.inputs.length;
  const maps = [...made.inputs, made.output].map((shape, id): QuantMap => {
    const zeroPoints = made.perChannel && id === 0 ? shape.c : 1;
    return {
      id,
      tensor: id,
      name: `map ${id}`,
      shape,
      affine: {
        bits: 8,
        scale: new Float64Array(zeroPoints).fill(1),
        zeroPoint: Int32Array.from(draw.integers(zeroPoints, -128, 127)),
      },
      encoding: 'signed',
    };
  });
  // A border or a table of copies keeps the quantization of its input.
  if (kind === 'pad') maps[output] = { ...maps[output]!, affine: maps[0]!.affine };
  if (kind === 'argmax') maps[output] = { ...maps[output]!, affine: indexAffine(maps[0]!.shape.c) };
  const base = { id: 0, node: 0, name: kind, inputs: made.inputs.map((_, id) => id), output };
  const port = { shape: [], takesRawBytes: false };
  return {
    graph: EMPTY_GRAPH,
    rounding,
    maps,
    layers: [{ ...base, ...made.body }],
    inputs: base.inputs.map((map) => ({ ...port, name: `input ${map}`, map })),
    outputs: [{ ...port, name: 'output', map: output }],
    preprocessing: { mean: [0], std: [1] },
    arms: null,
  };
}

/** A case with rings, gaps between rows, coinciding maps and part of the columns. */
export function drawCase(draw: Draw, kind: LayerKind, rounding: Rounding): LayerCase {
  return placeModel(draw, drawModel(draw, kind, rounding));
}

/** The model of one layer in an arena like that of drawCase, its scratch last. */
export function placeModel(draw: Draw, model: QuantModel): LayerCase {
  const layer = model.layers[0]!;
  const rect = drawRect(draw, model, layer);
  const maps: MapPlacement[] = [];
  let arenaBytes = draw.integer(0, 3);
  for (const map of model.maps) {
    const { id, shape } = map;
    const first = id === layer.output ? rect.outputColumn : rect.inputColumn[id === 0 ? 0 : 1];
    const rowBytes = packedRowBytes(map, shape.w - first) + draw.integer(0, 3);
    const ringRows = draw.pick(shape.h, draw.integer(1, shape.h));
    maps.push({ map: id, offsetBytes: arenaBytes, rowBytes, ringRows });
    arenaBytes += rowBytes * ringRows + draw.integer(0, 3);
  }
  const { kind } = layer;
  const mayCoincide =
    (kind === 'add' || kind === 'lut' || kind === 'reencode' || kind === 'binary') &&
    sameShape(model.maps[0]!.shape, model.maps[layer.output]!.shape) &&
    maps[0]!.ringRows >= rect.rows.to - rect.rows.from &&
    model.maps[0]!.affine.bits === model.maps[layer.output]!.affine.bits;
  const inPlace = mayCoincide && rect.inputColumn[0] === rect.outputColumn && draw.pick(true, false);
  if (inPlace) maps[layer.output] = { ...maps[0]!, map: layer.output };
  const folded = foldedRows(model, layer);
  const keepsSums = folded !== null && rect.rows.to - rect.rows.from < folded;
  const sums = keepsSums
    ? [{ layer: 0, offsetBytes: alignUp(arenaBytes, 4), bytes: sumBytes(model, layer) }]
    : [];
  for (const { offsetBytes, bytes } of sums) arenaBytes = offsetBytes + bytes;
  const scratchBytes = portableKernels(model)[0]!.scratchBytes;
  const scratch = scratchBytes === 0 ? [] : [{ layer: 0, offsetBytes: arenaBytes, bytes: scratchBytes }];
  arenaBytes += scratchBytes;
  return {
    model,
    memory: {
      arenaBytes,
      hotBytes: 0,
      alignmentBytes: 1,
      maps,
      scratch,
      sums,
      replacing: [],
      liveBytes: arenaBytes,
      peakLayer: 0,
    },
    rect,
    arena: Uint8Array.from(draw.integers(arenaBytes, 0, 255)),
  };
}

function drawRect(draw: Draw, model: QuantModel, layer: QuantLayer): Rect {
  const { shape } = model.maps[layer.output]!;
  const height = tapeRows(model, layer);
  const from = draw.integer(0, height - 1);
  const rows = { from, to: draw.integer(from + 1, height) };
  const isWhole = layer.kind === 'dense' || layer.kind === 'mean' || layer.kind === 'reshape';
  if (isWhole || draw.pick(true, false)) {
    return { rows, columns: { from: 0, to: shape.w }, inputColumn: [0, 0], outputColumn: 0 };
  }
  const x0 = draw.integer(0, shape.w - 1);
  const columns = { from: x0, to: draw.integer(x0 + 1, shape.w) };
  const inputColumn = [firstColumnRead(model, layer, 0, x0), firstColumnRead(model, layer, 1, x0)] as const;
  return {
    rows,
    columns,
    inputColumn: [draw.integer(0, inputColumn[0]), draw.integer(0, inputColumn[1])],
    outputColumn: draw.integer(0, x0),
  };
}

/** The first column of an input that may be read for output column x. */
function firstColumnRead(model: QuantModel, layer: QuantLayer, input: number, x: number): number {
  const { w } = model.maps[layer.inputs[input] ?? 0]!.shape;
  const within = (column: number): number => Math.min(Math.max(column, 0), w - 1);
  if ('window' in layer) return within(x * layer.window.stride.w - layer.window.padding.left);
  if (layer.kind === 'pad') return within(x - layer.padding.left);
  if (layer.kind === 'concat' && layer.axis === 'w') return 0;
  if (layer.kind === 'rearrange' || (layer.kind === 'binary' && w === 1)) return 0;
  if (layer.kind === 'resize') return layer.columns[x]!.lower;
  return x;
}

const MAKE: { readonly [K in LayerKind]: (draw: Draw, rounding: Rounding) => Made } = {
  conv(draw, rounding) {
    const groups = draw.pick(1, 1, 2, 3);
    const input = drawWidened(draw, 9, groups * drawChannels(draw, 9));
    const window = drawWindow(draw, input);
    const output = slidingOutputShape(
      input,
      window,
      groups * draw.pick(draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 20)),
    );
    const depth = (window.kernel.h * window.kernel.w * input.c) / groups;
    const weights = drawWeights(draw, output.c, depth);
    const requant = drawRequant(draw, rounding, output.c, depth);
    const body: Body = { kind: 'conv', window, groups, weights, requant, clamp: drawClamp(draw) };
    return { body, inputs: [input], output, perChannel: draw.pick(true, false) };
  },
  depthwise(draw, rounding) {
    const multiplier = draw.pick(1, 1, 2, 3);
    const input = drawWidened(draw, 9, drawChannels(draw, 10));
    const window = draw.pick(true, false) ? drawWindow(draw, input) : drawSquareWindow(draw, input);
    const output = slidingOutputShape(input, window, input.c * multiplier);
    const depth = window.kernel.h * window.kernel.w;
    const weights = drawWeights(draw, output.c, depth);
    const requant = drawRequant(draw, rounding, output.c, depth);
    const body: Body = { kind: 'depthwise', window, multiplier, weights, requant, clamp: drawClamp(draw) };
    return { body, inputs: [input], output, perChannel: draw.pick(true, false) };
  },
  dense(draw, rounding) {
    const input = drawShape(draw, 5, drawChannels(draw, 20));
    const output = { h: 1, w: 1, c: draw.integer(1, 12) };
    const depth = input.h * input.w * input.c;
    const weights = drawWeights(draw, output.c, depth);
    const requant = drawRequant(draw, rounding, output.c, depth);
    const body: Body = { kind: 'dense', weights, requant, clamp: drawClamp(draw) };
    return { body, inputs: [input], output, perChannel: draw.pick(true, false) };
  },
  pool(draw) {
    const input = drawShape(draw, 9, drawChannels(draw, 9));
    const window = drawPoolWindow(draw, input);
    const output = slidingOutputShape(input, window, input.c);
    const reduce = draw.pick('average', 'max');
    const body: Body = { kind: 'pool', reduce, origin: draw.pick(0, -128), window, clamp: drawClamp(draw) };
    return { body, inputs: [input], output, perChannel: false };
  },
  mean(draw, rounding) {
    const input = drawShape(draw, 8, draw.integer(1, 12));
    const requant = drawRequant(draw, rounding, draw.pick(1, input.c), (input.h * input.w) / 100);
    const output = { h: 1, w: 1, c: input.c };
    return { body: { kind: 'mean', requant }, inputs: [input], output, perChannel: draw.pick(true, false) };
  },
  add(draw, rounding) {
    const shape = drawShape(draw, 6, drawChannels(draw, 9));
    const requant = drawAddRequant(draw, rounding);
    const body: Body = { kind: 'add', requant, clamp: drawClamp(draw) };
    return { body, inputs: [shape, shape], output: shape, perChannel: false };
  },
  pad(draw) {
    const input = drawShape(draw, 6, draw.integer(1, 5));
    const [top, bottom, left, right] = draw.integers(4, 0, 2) as [number, number, number, number];
    const output = { h: input.h + top + bottom, w: input.w + left + right, c: input.c };
    const border = Int8Array.from(draw.integers(draw.pick(1, input.c), -128, 127));
    const body: Body = { kind: 'pad', padding: { top, bottom, left, right }, border };
    return { body, inputs: [input], output, perChannel: true };
  },
  concat(draw) {
    const axis = draw.pick('h', 'w', 'c');
    const shape = drawShape(draw, 5, draw.integer(1, 5));
    const inputs = Array.from({ length: draw.integer(2, 4) }, () => ({
      ...shape,
      [axis]: draw.integer(1, 4),
    }));
    const output = { ...shape, [axis]: inputs.reduce((total, input) => total + input[axis], 0) };
    const tables = inputs.map(() => draw.pick(null, Int8Array.from(draw.integers(256, -128, 127))));
    return { body: { kind: 'concat', axis, tables }, inputs, output, perChannel: false };
  },
  reshape(draw) {
    const [a, b, c, d] = draw.integers(4, 1, 4) as [number, number, number, number];
    const output = draw.pick(
      { h: 1, w: 1, c: a * b * c * d },
      { h: b, w: a, c: c * d },
      { h: a * b * c, w: d, c: 1 },
    );
    return { body: { kind: 'reshape' }, inputs: [{ h: a, w: b * c, c: d }], output, perChannel: false };
  },
  softmax(draw) {
    const shape = { ...drawShape(draw, 3, 1), c: draw.integer(1, 40) };
    const inputLeftShift = draw.integer(18, 26);
    const body: Body = {
      kind: 'softmax',
      inputMultiplier: draw.integer(2 ** 30, 2 ** 31 - 1),
      inputLeftShift,
      diffMin: -Math.floor((31 * 2 ** 26) / 2 ** inputLeftShift),
    };
    return { body, inputs: [shape], output: shape, perChannel: false };
  },
  argmax(draw) {
    const shape = { ...drawShape(draw, 4, 1), c: draw.pick(draw.integer(1, 9), draw.integer(120, 256)) };
    const reduce = draw.pick('max', 'min');
    return {
      body: { kind: 'argmax', reduce },
      inputs: [shape],
      output: { ...shape, c: 1 },
      perChannel: false,
    };
  },
  lut(draw) {
    const shape = drawShape(draw, 6, draw.integer(1, 9));
    const table = Int8Array.from(draw.integers(256, -128, 127));
    return { body: { kind: 'lut', table }, inputs: [shape], output: shape, perChannel: false };
  },
  reencode(draw) {
    const shape = drawShape(draw, 6, draw.integer(1, 9));
    return { body: { kind: 'reencode' }, inputs: [shape], output: shape, perChannel: false };
  },
  binary: (draw) => drawBinary(draw),
  rearrange(draw) {
    const [input, source] = drawRearrangement(draw);
    return {
      body: { kind: 'rearrange', source },
      inputs: [input],
      output: rearrangedShape(source),
      perChannel: false,
    };
  },
  resize(draw) {
    const input = drawShape(draw, 6, draw.integer(1, 6));
    const output = { h: draw.integer(1, 12), w: draw.integer(1, 12), c: input.c };
    const alignCorners = draw.pick(true, false);
    const grid = { alignCorners, halfPixelCenters: !alignCorners && draw.pick(true, false) };
    const rows = interpolationsAlong(input.h, output.h, grid);
    const columns = interpolationsAlong(input.w, output.w, grid);
    return { body: { kind: 'resize', rows, columns }, inputs: [input], output, perChannel: false };
  },
};

/** Every kind of layer there is. */
export const LAYER_KINDS = Object.keys(MAKE) as readonly LayerKind[];

export function drawShape(draw: Draw, most: number, channels: number): MapShape {
  return { h: draw.integer(1, most), w: draw.integer(1, most), c: channels };
}

/** Sometimes wider: what loops go through at once, several times over, and some columns more. */
function drawWidened(draw: Draw, most: number, channels: number): MapShape {
  const shape = drawShape(draw, most, channels);
  return draw.pick(false, false, true) ? { ...shape, w: draw.integer(most + 1, 2 * most + 3) } : shape;
}

/** Mostly few; sometimes as many as vectors of 16 bytes have use for, or some more. */
function drawChannels(draw: Draw, most: number): number {
  return draw.pick(draw.integer(1, most), draw.integer(1, most), draw.pick(16, 32, draw.integer(10, 40)));
}

export function drawClamp(draw: Draw): { readonly min: number; readonly max: number } {
  return { min: draw.pick(-128, draw.integer(-128, 0)), max: draw.pick(127, draw.integer(1, 127)) };
}

/** Any window of which at least one place fits, among them the plain 1x1. */
function drawWindow(draw: Draw, input: MapShape): SlidingWindow {
  const pair = (min: number, max: number): { h: number; w: number } => ({
    h: draw.integer(min, max),
    w: draw.integer(min, max),
  });
  if (draw.integer(0, 3) === 0) {
    const padding = { top: 0, bottom: 0, left: 0, right: 0 };
    return { kernel: { h: 1, w: 1 }, stride: pair(1, 2), dilation: { h: 1, w: 1 }, padding };
  }
  return padToFit(draw, input, pair(1, 4), pair(1, 3), pair(1, 2));
}

/** One of the extents that fast kernels for depthwise convolutions are made for, padded as SAME pads it or in any way. */
function drawSquareWindow(draw: Draw, input: MapShape): SlidingWindow {
  const extent = draw.pick(3, 3, 5, 7);
  const step = draw.integer(1, 2);
  const stride = { h: step, w: draw.pick(step, draw.integer(1, 2)) };
  if (draw.pick(true, false)) {
    const same = (extent - 1) / 2;
    const padding = { top: same, bottom: same, left: same, right: same };
    return { kernel: { h: extent, w: extent }, stride, dilation: { h: 1, w: 1 }, padding };
  }
  return padToFit(draw, input, { h: extent, w: extent }, stride, { h: 1, w: 1 });
}

function padToFit(
  draw: Draw,
  input: MapShape,
  kernel: Extent,
  stride: Extent,
  dilation: Extent,
): SlidingWindow {
  const [top, bottom, left, right] = draw.integers(4, 0, 3) as [number, number, number, number];
  const missing = (extent: number, reach: number): number => Math.max(0, reach - extent);
  const missingRows = missing(input.h + top + bottom, (kernel.h - 1) * dilation.h + 1);
  const missingColumns = missing(input.w + left + right, (kernel.w - 1) * dilation.w + 1);
  const padding = { top, bottom: bottom + missingRows, left, right: right + missingColumns };
  return { kernel, stride, dilation, padding };
}

/** A window without dilation that always covers some of the map, as TFLite's SAME and VALID make them. */
function drawPoolWindow(draw: Draw, input: MapShape): SlidingWindow {
  const isWholeHeight = draw.integer(0, 2) === 0;
  const kernel = { h: isWholeHeight ? input.h : draw.integer(1, input.h), w: draw.integer(1, input.w) };
  const before = { h: isWholeHeight ? 0 : draw.integer(0, kernel.h - 1), w: draw.integer(0, kernel.w - 1) };
  const after = { h: isWholeHeight ? 0 : draw.integer(0, kernel.h - 1), w: draw.integer(0, kernel.w - 1) };
  return {
    kernel,
    stride: { h: draw.integer(1, 3), w: draw.integer(1, 3) },
    dilation: { h: 1, w: 1 },
    padding: { top: before.h, bottom: after.h, left: before.w, right: after.w },
  };
}

function drawWeights(draw: Draw, channels: number, depth: number): QuantWeights {
  const zeroPoint = draw.pick(0, 0, draw.integer(-128, 127));
  return {
    data: Int8Array.from(draw.integers(channels * depth, zeroPoint === 0 ? -127 : -128, 127)),
    bits: 8,
    raise: 0,
    zeroPoint,
    bias: Int32Array.from(draw.integers(channels, -20000, 20000)),
  };
}

/** Multipliers that bring sums of `depth` products of bytes to about the range of a byte. */
function drawRequant(draw: Draw, rounding: Rounding, channels: number, depth: number): Requant {
  const multiplier = Int32Array.from(draw.integers(channels, 2 ** 30, 2 ** 31 - 1));
  if (draw.integer(0, 9) === 0) multiplier[0] = 0;
  const shift = 6 + Math.round(Math.log2(depth) / 2);
  if (rounding === 'single') {
    const once = Math.max(1, shift + draw.integer(-2, 1));
    const isWhole = draw.pick(true, true, true, false);
    return {
      rounding,
      multiplier: isWhole ? multiplier.map((m) => (m >> once) << once) : multiplier,
      shift: once,
    };
  }
  const shifts = draw.integers(channels, -shift - 2, draw.pick(-shift + 2, 2));
  // A channel that is next to nothing.
  const first = draw.integer(0, 3) === 0 ? draw.integer(-31, -20) : shifts[0]!;
  return { rounding, multiplier, shift: Int32Array.from([first, ...shifts.slice(1)]) };
}

function drawAddRequant(draw: Draw, rounding: Rounding): QuantAdd['requant'] {
  if (rounding === 'single') {
    const shift = draw.integer(10, 15);
    const [a, b] = draw.integers(2, -(2 ** shift), 2 ** shift) as [number, number];
    const multiplier = [Math.max(a, -32768), Math.min(b, 32767)] as const;
    return { rounding, multiplier, offset: draw.integer(-128, 127) * 2 ** shift + 2 ** (shift - 1), shift };
  }
  const [m0, m1, m2] = draw.integers(3, 2 ** 30, 2 ** 31 - 1) as [number, number, number];
  const inputShift = [draw.integer(-4, 0), draw.integer(-4, 0)] as const;
  return {
    rounding,
    leftShift: 20,
    inputMultiplier: [m0, m1],
    inputShift,
    outputMultiplier: m2,
    outputShift: draw.integer(-21, -16),
  };
}
