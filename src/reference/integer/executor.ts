import { countOutliers } from '../../ir/classify.ts';
import { elementCount, type Range } from '../../ir/geometry.ts';
import { rowsCompleted } from '../../ir/layer-rows.ts';
import type { MemoryPlan } from '../../ir/memory-plan.ts';
import { playSchedule } from '../../ir/play-schedule.ts';
import { layerOf, type LayerId, type QuantModel } from '../../ir/quant-model.ts';
import type { Schedule, TapeStep, WindowId } from '../../ir/schedule.ts';
import { awaitsInput, type Classify } from '../../ir/tape.ts';
import { assert } from '../../util/never.ts';
import { unpackColumns } from '../../util/packed-columns.ts';
import { prepareKernel } from './kernels.ts';
import { contextOf, pixelStart, placeMap, rowStart, type PlacedMap, type Rect } from './row-kernel.ts';

/** One row of a layer's output as soon as it is computed, limited to the columns of the window. */
export interface ComputedRow {
  readonly layer: LayerId;
  readonly y: number;
  readonly x0: number;
  readonly x1: number;
  /** Column at which the stored row begins. */
  readonly origin: number;
  /** One byte a value, (columns, channels). */
  readonly values: Uint8Array;
}

/** Watches an inference. */
export interface Observer {
  readonly rowDone?: (row: ComputedRow) => void;
  readonly classDecided?: (window: WindowId, isOutlier: boolean) => void;
}

/** One inference: the bytes of each input port in, the bytes of each output port out, both in (h, w, c) order. */
export type IntegerExecutor = (inputs: readonly Uint8Array[], observer?: Observer) => Uint8Array[];

/**
 * The integer executor (NUMERICS.md): plays a schedule on an arena just as the generated C does, so that maps which share
 * memory or live in rings really do. Bit-equal to the C.
 */
export function prepareInteger(model: QuantModel, schedule: Schedule, memory: MemoryPlan): IntegerExecutor {
  const bytes = new Uint8Array(memory.arenaBytes);
  const arena = new Int8Array(bytes.buffer);
  const layers = model.layers.map((layer) => {
    const context = contextOf(model, memory, layer, arena);
    return { output: context.output, compute: prepareKernel(layer, context) };
  });
  const inputMaps = model.inputs.map((port) => placeMap(model, memory, port.map));
  const outputMaps = model.outputs.map((port) => placeMap(model, memory, port.map));
  const isAwaited = awaitsInput(schedule.tape);
  const isOutlier = prepareClassifier(model, schedule, memory, arena);

  return (inputs, observer = {}) => {
    assert(inputs.length === inputMaps.length, `${inputs.length} inputs for ${inputMaps.length} ports`);
    inputMaps.forEach((map, index) => {
      assert(
        inputs[index]!.length === elementCount(map.shape),
        `${inputs[index]!.length} bytes for an input map`,
      );
      if (index > 0 || !isAwaited) writeRows(bytes, map, inputs[index]!, { from: 0, to: map.shape.h });
    });
    const classify: Classify = (window) => {
      const outlier = isOutlier(window);
      observer.classDecided?.(window, outlier);
      return outlier;
    };
    for (const step of playSchedule(model, schedule, classify)) {
      writeRows(bytes, inputMaps[0]!, inputs[0]!, step.awaited);
      const { output, compute } = layers[step.layer]!;
      compute(rectOf(step));
      if (observer.rowDone === undefined) continue;
      const done = rowsCompleted(model, layerOf(model, step.layer), { from: step.y0, to: step.y1 });
      for (let y = done.from; y < done.to; y++) observer.rowDone(rowOf(arena, output, step, y));
    }
    return outputMaps.map((map) => readMap(bytes, map));
  };
}

function prepareClassifier(
  model: QuantModel,
  { classifier }: Schedule,
  memory: MemoryPlan,
  arena: Int8Array,
): Classify {
  if (classifier === null) {
    return (window) => {
      throw new Error(`internal error: the tape branches at window ${window} without a classifier`);
    };
  }
  const { map: id, ordinary, patches } = classifier;
  const map = placeMap(model, memory, id);
  const pixelAt = (y: number, x: number): number => pixelStart(map, y, x, 0);
  return (window) => {
    const { area, outlierCount } = patches[window]!;
    return countOutliers(arena, pixelAt, map.shape.c, ordinary, area) >= outlierCount;
  };
}

function rectOf({ y0, y1, x0, x1, inX, outX }: TapeStep): Rect {
  return {
    rows: { from: y0, to: y1 },
    columns: { from: x0, to: x1 },
    inputColumn: [inX[0] ?? 0, inX[1] ?? 0],
    outputColumn: outX,
  };
}

/** The columns of a step in row y, without what is stored around them. */
function rowOf(arena: Int8Array, map: PlacedMap, { layer, x0, x1, outX }: TapeStep, y: number): ComputedRow {
  const { c } = map.shape;
  const values = new Int8Array((x1 - x0) * c);
  unpackColumns(arena, rowStart(map, y), x0 - outX, x1 - x0, c, map.bits, values, 0);
  return { layer, y, x0, x1, origin: outX, values: new Uint8Array(values.buffer) };
}

/** Puts rows of the input `values` where they belong. */
function writeRows(bytes: Uint8Array, map: PlacedMap, values: Uint8Array, rows: Range): void {
  const columns = map.shape.w * map.shape.c;
  for (let y = rows.from; y < rows.to; y++) {
    bytes.set(values.subarray(y * columns, (y + 1) * columns), rowStart(map, y));
  }
}

function readMap(bytes: Uint8Array, map: PlacedMap): Uint8Array {
  const { h, w, c } = map.shape;
  const values = new Uint8Array(elementCount(map.shape));
  for (let y = 0; y < h; y++) {
    const start = rowStart(map, y);
    values.set(bytes.subarray(start, start + w * c), y * w * c);
  }
  return values;
}
