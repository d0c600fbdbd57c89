import type { Range } from '../ir/geometry.ts';
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
  const lives = findRowLives(model, schedule, steps, (map) => byWindow.has(map));
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
  const ended: RowLife[][] = model.maps.map(() => []);
  const open = model.maps.map(() => new Map<number, RowLife>());
  const extend = (map: number, rows: Range, at: number): void => {
    for (let y = rows.from; y < rows.to; y++) {
      const life = open[map]!.get(y);
      if (life !== undefined) open[map]!.set(y, { ...life, death: at });
    }
  };
  const write = (map: number, rows: Range, at: number): void => {
    for (let y = rows.from; y < rows.to; y++) {
      const life = open[map]!.get(y);
      if (life !== undefined && isRewritten(map)) ended[map]!.push(life);
      const birth = life === undefined || isRewritten(map) ? at : life.birth;
      open[map]!.set(y, { y, birth, death: at });
    }
  };
  const allRows = (map: number): Range => ({ from: 0, to: model.maps[map]!.shape.h });

  for (const port of residentInputs(model, schedule)) write(port.map, allRows(port.map), -1);
  steps.forEach((step, at) => {
    const layer = layerOf(model, step.layer);
    const rows = { from: step.y0, to: step.y1 };
    if (step.awaited.from < step.awaited.to) write(model.inputs[0]!.map, step.awaited, at);
    layer.inputs.forEach((map, index) => {
      extend(map, inputRows(model, layer, index, rows), at);
    });
    write(layer.output, rows, at);
  });
  for (const port of model.outputs) extend(port.map, allRows(port.map), steps.length);
  return ended.map((lives, map) => [...lives, ...open[map]!.values()]);
}

/** The most rows from the first to the last that live at one time: a ring of so many slots holds them all. */
function rowsAtOnce(lives: readonly RowLife[]): number {
  const births = [...lives].sort((a, b) => a.birth - b.birth);
  let live: readonly RowLife[] = [];
  let most = 1;
  for (const life of births) {
    live = [...live.filter(({ death }) => death >= life.birth), life];
    most = Math.max(most, Math.max(...live.map(({ y }) => y)) - Math.min(...live.map(({ y }) => y)) + 1);
  }
  return most;
}
