import type { Range } from '../ir/geometry.ts';
import { mayReplaceInput } from '../ir/in-place.ts';
import { foldedRows, rowsCompleted } from '../ir/layer-rows.ts';
import { firstBlockBytes, type MemoryPlan, type SumsPlacement } from '../ir/memory-plan.ts';
import { pairedRowBytes } from '../ir/map-layout.ts';
import { mapsStoredByWindow, playSchedule } from '../ir/play-schedule.ts';
import {
  layerOf,
  mapOf,
  type MapId,
  type QuantLayer,
  type QuantMap,
  type QuantModel,
} from '../ir/quant-model.ts';
import { inputColumns, inputRows } from '../ir/receptive-field.ts';
import type { Schedule, TapeStep, WindowId } from '../ir/schedule.ts';
import { awaitsInput } from '../ir/tape.ts';
import { assert } from '../util/never.ts';
import { bytesOfColumns } from '../util/packed-columns.ts';

const SCRATCH_OWNER = -2;
/** The sums of layer n: −3 − n. */
const FIRST_SUMS_OWNER = -3;

/** A rectangle of a map whose stored rows begin at column `origin`. */
interface Stretch {
  readonly map: MapId;
  readonly rows: Range;
  readonly columns: Range;
  readonly origin: number;
}

/**
 * Plays the tape on an arena in which every byte knows the map, the row and, where a map is rewritten for each window, the
 * window that it belongs to, and asserts that all is whole when it is read: the inputs from the start, the outputs at the
 * end. It shares no code with the planner. Where the tape branches both bodies are played.
 */
export function checkMemoryPlan(model: QuantModel, schedule: Schedule, plan: MemoryPlan): void {
  const arena = new Arena(model, schedule, plan);
  const resident = awaitsInput(schedule.tape) ? model.inputs.slice(1) : model.inputs;
  for (const port of resident) arena.write(wholeMap(model, port.map), null);
  for (const step of playSchedule(model, schedule)) playStep(model, plan, arena, step);
  for (const port of model.outputs) arena.expect(wholeMap(model, port.map), null, 'at the end');
}

function playStep(model: QuantModel, plan: MemoryPlan, arena: Arena, step: TapeStep): void {
  const layer = layerOf(model, step.layer);
  const rows = { from: step.y0, to: step.y1 };
  const columns = { from: step.x0, to: step.x1 };
  const written = {
    map: layer.output,
    rows: rowsCompleted(model, layer, rows),
    columns,
    origin: step.outX,
  };
  arena.write({ ...wholeMap(model, model.inputs[0]!.map), rows: step.awaited }, null);
  const reads = layer.inputs.map((map, index) => ({
    map,
    rows: inputRows(model, layer, index, rows),
    columns: inputColumns(model, layer, index, columns),
    origin: step.inX[index]!,
    replaced:
      (mayReplaceInput(model, layer, index) || plan.replacing.includes(layer.id)) &&
      arena.coincide(map, layer.output),
  }));
  const sums = plan.sums.find((placed) => placed.layer === layer.id);
  const isSum = sums !== undefined && (step.y0 > 0 || step.y1 < foldedRows(model, layer)!);
  for (const read of reads) arena.expect(read, step.window, `before ${place(layer, step)}`);
  if (isSum && step.y0 > 0) arena.expectSums(sums, `before ${place(layer, step)}`);
  if (isSum) arena.fill(sums.offsetBytes, sums.bytes, FIRST_SUMS_OWNER - layer.id);
  arena.write(written, step.window);
  for (const scratch of plan.scratch) {
    if (scratch.layer === step.layer) arena.fill(scratch.offsetBytes, scratch.bytes, SCRATCH_OWNER);
  }
  for (const read of reads) {
    if (!read.replaced) arena.expect(read, step.window, `during ${place(layer, step)}`);
  }
  if (isSum) arena.expectSums(sums, `during ${place(layer, step)}`);
  arena.expect(written, step.window, `during ${place(layer, step)}`);
}

/** Who owns each byte of the arena: a number for every row of every map in every window. */
class Arena {
  readonly #owners: Int32Array;
  readonly #plan: MemoryPlan;
  readonly #model: QuantModel;
  readonly #byWindow: ReadonlySet<MapId>;
  /** The number of each map's first row in the first window. */
  readonly #firstOwner: readonly number[];

  constructor(model: QuantModel, schedule: Schedule, plan: MemoryPlan) {
    this.#owners = new Int32Array(plan.arenaBytes).fill(-1);
    this.#plan = plan;
    this.#model = model;
    this.#byWindow = mapsStoredByWindow(model, schedule);
    let owner = 0;
    this.#firstOwner = model.maps.map(({ id, shape }) => {
      const first = owner;
      owner += shape.h * (this.#byWindow.has(id) ? schedule.windows.length : 1);
      return first;
    });
  }

  fill(fromByte: number, bytes: number, owner: number): void {
    const firstBytes = firstBlockBytes(this.#plan);
    const [from, to] = fromByte < firstBytes ? [0, firstBytes] : [firstBytes, this.#plan.arenaBytes];
    assert(fromByte >= from && fromByte + bytes <= to, 'what is placed lies inside a block of the arena');
    this.#owners.fill(owner, fromByte, fromByte + bytes);
  }

  write(stretch: Stretch, window: WindowId | null): void {
    this.#eachRow(stretch, (y, fromByte, bytes) => {
      this.fill(fromByte, bytes, this.#owner(stretch.map, y, window));
    });
  }

  expect(stretch: Stretch, window: WindowId | null, when: string): void {
    this.#eachRow(stretch, (y, fromByte, bytes) => {
      const owner = this.#owner(stretch.map, y, window);
      const whole = this.#owners.subarray(fromByte, fromByte + bytes).every((byte) => byte === owner);
      assert(whole, `row ${y} of ${mapOf(this.#model, stretch.map).name} is overwritten ${when}`);
    });
  }

  expectSums({ layer, offsetBytes, bytes }: SumsPlacement, when: string): void {
    const own = this.#owners.subarray(offsetBytes, offsetBytes + bytes);
    const whole = own.every((owner) => owner === FIRST_SUMS_OWNER - layer);
    assert(whole, `the sums of ${layerOf(this.#model, layer).name} are overwritten ${when}`);
  }

  /** Whether two maps are stored whole at one address. */
  coincide(a: MapId, b: MapId): boolean {
    const areWhole = [a, b].every(
      (map) => !this.#byWindow.has(map) && this.#ringRows(map) === mapOf(this.#model, map).shape.h,
    );
    return areWhole && this.#plan.maps[a]!.offsetBytes === this.#plan.maps[b]!.offsetBytes;
  }

  #ringRows(map: MapId): number {
    return this.#plan.maps[map]!.ringRows;
  }

  #owner(map: MapId, y: number, window: WindowId | null): number {
    const version = this.#byWindow.has(map) ? (window ?? 0) : 0;
    return this.#firstOwner[map]! + version * mapOf(this.#model, map).shape.h + y;
  }

  /** Pairs are written and read row by row, all channels of all columns. */
  #pairedRow({ name, shape, affine: { bits } }: QuantMap, stored: Range): Range {
    assert(bits === 8 && stored.from === 0 && stored.to === shape.w, `${name} is whole rows of pairs`);
    return { from: 0, to: pairedRowBytes(shape) };
  }

  #eachRow(
    { map: id, rows, columns, origin }: Stretch,
    visit: (y: number, fromByte: number, bytes: number) => void,
  ): void {
    if (rows.from >= rows.to || columns.from >= columns.to) return;
    const { offsetBytes, rowBytes, ringRows, layout } = this.#plan.maps[id]!;
    const map = mapOf(this.#model, id);
    const stored = { from: columns.from - origin, to: columns.to - origin };
    const { from, to } =
      layout === 'pairs'
        ? this.#pairedRow(map, stored)
        : bytesOfColumns(stored, map.shape.c, map.affine.bits);
    assert(from >= 0 && to <= rowBytes, `columns of ${map.name} lie inside its rows`);
    for (let y = rows.from; y < rows.to; y++) {
      visit(y, offsetBytes + (y % ringRows) * rowBytes + from, to - from);
    }
  }
}

function wholeMap(model: QuantModel, map: MapId): Stretch {
  const { h, w } = mapOf(model, map).shape;
  return { map, rows: { from: 0, to: h }, columns: { from: 0, to: w }, origin: 0 };
}

function place(layer: QuantLayer, step: TapeStep): string {
  return `rows ${step.y0} to ${step.y1 - 1} of ${layer.name}`;
}
