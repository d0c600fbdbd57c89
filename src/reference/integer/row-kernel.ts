import type { Range } from '../../ir/geometry.ts';
import type { MemoryPlan } from '../../ir/memory-plan.ts';
import type { MapShape } from '../../ir/geometry.ts';
import { mapOf, type MapId, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { MapBits } from '../../ir/quantization.ts';
import { assert } from '../../util/never.ts';
import { perChannel } from '../../util/per-channel.ts';

/** A map in the arena. Row y begins at `offsetBytes + (y mod ringRows) · rowBytes`. */
export interface PlacedMap {
  readonly shape: MapShape;
  readonly bits: MapBits;
  readonly offsetBytes: number;
  readonly rowBytes: number;
  readonly ringRows: number;
  /** One for each channel. */
  readonly zeroPoint: Int32Array;
}

/** What one kernel call computes: a rectangle of the layer's output; its rows as a tape counts them. The C twin is `qmcu_rect`. */
export interface Rect {
  readonly rows: Range;
  readonly columns: Range;
  /** Column of the first input, and of all others, at which their stored rows begin. */
  readonly inputColumn: readonly [number, number];
  /** The same of the output. */
  readonly outputColumn: number;
}

/** Computes one rectangle of a layer's output, arena to arena. */
export type RowKernel = (rect: Rect) => void;

/** What a kernel is prepared with. */
export interface KernelContext {
  readonly model: QuantModel;
  /** The stored bytes as signed values. */
  readonly arena: Int8Array;
  readonly inputs: readonly PlacedMap[];
  readonly output: PlacedMap;
  /** Where a layer that folds rows in several calls keeps its sums; null for others. */
  readonly sums: DataView | null;
}

/** Arena index of the first stored byte of row y. */
export function rowStart(map: PlacedMap, y: number): number {
  return map.offsetBytes + (y % map.ringRows) * map.rowBytes;
}

/** Arena index of the pixel (y, x) of a map of one byte a value whose stored rows begin at column `firstColumn`. */
export function pixelStart(map: PlacedMap, y: number, x: number, firstColumn: number): number {
  return rowStart(map, y) + (x - firstColumn) * map.shape.c;
}

export function placeMap(model: QuantModel, memory: MemoryPlan, id: MapId): PlacedMap {
  const { shape, affine } = mapOf(model, id);
  const placement = memory.maps[id];
  assert(placement?.map === id, `map ${id} has no place`);
  return { ...placement, shape, bits: affine.bits, zeroPoint: perChannel(affine.zeroPoint, shape.c) };
}

export function contextOf(
  model: QuantModel,
  memory: MemoryPlan,
  layer: QuantLayer,
  arena: Int8Array,
): KernelContext {
  const sums = memory.sums.find((placed) => placed.layer === layer.id);
  return {
    model,
    arena,
    inputs: layer.inputs.map((id) => placeMap(model, memory, id)),
    output: placeMap(model, memory, layer.output),
    sums:
      sums === undefined ? null : new DataView(arena.buffer, arena.byteOffset + sums.offsetBytes, sums.bytes),
  };
}

/** The one input of a layer that has one. */
export function onlyInput(context: KernelContext): PlacedMap {
  const [input, ...others] = context.inputs;
  assert(input !== undefined && others.length === 0, 'a layer of one input has several');
  return input;
}

/** The zero point of a map that has one for all channels. */
export function uniformZeroPoint(map: PlacedMap): number {
  const first = map.zeroPoint[0] ?? 0;
  assert(
    map.zeroPoint.every((value) => value === first),
    'a computed map has one zero point',
  );
  return first;
}
