import type { Range } from '../ir/geometry.ts';
import { rowsCompleted } from '../ir/layer-rows.ts';
import type { MapLayout } from '../ir/map-layout.ts';
import { mapsStoredByWindow } from '../ir/play-schedule.ts';
import { layerOf, packedRowBytes, type QuantModel } from '../ir/quant-model.ts';
import { inputRows } from '../ir/receptive-field.ts';
import type { Schedule, TapeStep } from '../ir/schedule.ts';
import { awaitsInput } from '../ir/tape.ts';

/** The steps `birth … death` of a tape, both included. */
export interface Life {
  /** −1 before the first step: the inputs. */
  readonly birth: number;
  /** The number of steps after the last step: the outputs. */
  readonly death: number;
}

/** From the step that writes row y to the last that reads it. A row that is written anew for each window has several lives. */
export interface RowLife extends Life {
  readonly y: number;
}

/** The shape in which a map is kept, and when each of its rows is needed. */
export interface MapStorage {
  readonly rowBytes: number;
  readonly ringRows: number;
  /** Row y at y · rowBytes, all columns, once: neither a ring nor rewritten for each window. */
  readonly isWhole: boolean;
  /** Where it is not given, `values`. */
  readonly layout?: MapLayout;
  readonly lives: readonly RowLife[];
}

/** How many rows and columns of each map a tape needs at once. */
export function findStorage(
  model: QuantModel,
  schedule: Schedule,
  steps: readonly TapeStep[],
): readonly MapStorage[] {
  const byWindow = mapsStoredByWindow(model, schedule);
  const widths = widestWindows(model, schedule);
  // Rows of an input that arrives may arrive again for the next window.
  const arriving = awaitsInput(schedule.tape) ? model.inputs[0]!.map : null;
  const lives = findRowLives(model, schedule, steps, (map) => byWindow.has(map) || map === arriving);
  const ports = new Set([...residentInputs(model, schedule), ...model.outputs].map((port) => port.map));
  return model.maps.map((map) => {
    const isWindowed = byWindow.has(map.id);
    const own = lives[map.id]!;
    const ringRows = ports.has(map.id) ? map.shape.h : Math.min(map.shape.h, rowsAtOnce(own));
    return {
      rowBytes: packedRowBytes(map, isWindowed ? (widths.get(map.id) ?? 1) : map.shape.w),
      ringRows,
      isWhole: !isWindowed && ringRows === map.shape.h,
      lives: own,
    };
  });
}

/** The inputs that are there before the first step. */
function residentInputs(model: QuantModel, { tape }: Schedule): QuantModel['inputs'] {
  return awaitsInput(tape) ? model.inputs.slice(1) : model.inputs;
}

/** By map, the most columns that a window computes. */
function widestWindows(model: QuantModel, { windows }: Schedule): ReadonlyMap<number, number> {
  const widths = new Map<number, number>();
  for (const { layer, columns } of windows.flatMap(({ spans }) => spans)) {
    const map = layerOf(model, layer).output;
    widths.set(map, Math.max(widths.get(map) ?? 1, columns.to - columns.from));
  }
  return widths;
}

function findRowLives(
  model: QuantModel,
  schedule: Schedule,
  steps: readonly TapeStep[],
  isRewritten: (map: number) => boolean,
): readonly (readonly RowLife[])[] {
  const known: (RowsOfMap | undefined)[] = model.maps.map(() => undefined);
  const rowsOf = (map: number): RowsOfMap =>
    (known[map] ??= new RowsOfMap(model.maps[map]!.shape.h, isRewritten(map)));
  const allRows = (map: number): Range => ({ from: 0, to: model.maps[map]!.shape.h });

  for (const port of residentInputs(model, schedule)) rowsOf(port.map).write(allRows(port.map), -1);
  steps.forEach((step, at) => {
    const layer = layerOf(model, step.layer);
    const own = { from: step.y0, to: step.y1 };
    if (step.awaited.from < step.awaited.to) rowsOf(model.inputs[0]!.map).write(step.awaited, at);
    layer.inputs.forEach((map, index) => {
      rowsOf(map).extend(inputRows(model, layer, index, own), at);
    });
    rowsOf(layer.output).write(rowsCompleted(model, layer, own), at);
  });
  for (const port of model.outputs) rowsOf(port.map).extend(allRows(port.map), steps.length);
  return known.map((rows) => rows?.lives() ?? []);
}

/** No step: rows that were not written yet. */
const NEVER = -2;

/** The lives of the rows of a map, as a tape is played. */
class RowsOfMap {
  readonly #births: Int32Array;
  readonly #deaths: Int32Array;
  readonly #isRewritten: boolean;
  readonly #ended: RowLife[] = [];

  constructor(height: number, isRewritten: boolean) {
    this.#births = new Int32Array(height).fill(NEVER);
    this.#deaths = new Int32Array(height);
    this.#isRewritten = isRewritten;
  }

  write({ from, to }: Range, at: number): void {
    for (let y = from; y < to; y++) {
      const birth = this.#births[y]!;
      if (birth !== NEVER && this.#isRewritten) this.#ended.push({ y, birth, death: this.#deaths[y]! });
      if (birth === NEVER || this.#isRewritten) this.#births[y] = at;
      this.#deaths[y] = at;
    }
  }

  extend({ from, to }: Range, at: number): void {
    for (let y = from; y < to; y++) if (this.#births[y] !== NEVER) this.#deaths[y] = at;
  }

  lives(): readonly RowLife[] {
    const lives = [...this.#ended];
    this.#births.forEach((birth, y) => {
      if (birth !== NEVER) lives.push({ y, birth, death: this.#deaths[y]! });
    });
    return lives;
  }
}

/** The most rows from the first to the last that live at one time: a ring of so many slots holds them all. */
function rowsAtOnce(lives: readonly RowLife[]): number {
  const births = [...lives].sort((a, b) => a.birth - b.birth);
  let live: RowLife[] = [];
  let most = 1;
  births.forEach((life, i) => {
    if (life.birth !== births[i - 1]?.birth) live = live.filter(({ death }) => death >= life.birth);
    live.push(life);
    // What is born at one step lives at once: only all of it together need be looked at.
    if (life.birth !== births[i + 1]?.birth) most = Math.max(most, spanOf(live));
  });
  return most;
}

/** The rows from the first to the last. */
function spanOf(lives: readonly RowLife[]): number {
  let [first, last] = [Infinity, -Infinity];
  for (const { y } of lives) {
    first = Math.min(first, y);
    last = Math.max(last, y);
  }
  return last - first + 1;
}
