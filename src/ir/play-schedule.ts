import { assert } from '../util/never.ts';
import type { Range } from './geometry.ts';
import { layerOf, mapOf, type LayerId, type MapId, type QuantModel } from './quant-model.ts';
import type { Schedule, TapeStep, WindowId } from './schedule.ts';
import { playTape, type Classify } from './tape.ts';

/**
 * The maps that are stored window by window: written and read inside one patch or strips segment only. Their stored columns
 * begin where the span of the layer that writes them begins. All other maps are stored whole.
 */
export function mapsStoredByWindow(model: QuantModel, { segments }: Schedule): ReadonlySet<MapId> {
  const ports = new Set([...model.inputs, ...model.outputs].map((port) => port.map));
  const segmentsWithWindows = segments.filter(({ kind }) => kind === 'patch' || kind === 'strips');
  return new Set(
    segmentsWithWindows.flatMap(({ layers }) => mapsInside(model, layers)).filter((map) => !ports.has(map)),
  );
}

/** The maps that `layers` write and that no other layer reads or writes. */
function mapsInside(model: QuantModel, layers: readonly LayerId[]): readonly MapId[] {
  const others = model.layers.filter(({ id }) => !layers.includes(id));
  const outside = new Set(others.flatMap(({ inputs, output }) => [...inputs, output]));
  return layers.map((id) => layerOf(model, id).output).filter((map) => !outside.has(map));
}

/** The kernel calls of a schedule in order; see `playTape` for `classify`. */
export function* playSchedule(
  model: QuantModel,
  schedule: Schedule,
  classify: Classify | null = null,
): Generator<TapeStep, void, undefined> {
  const byWindow = mapsStoredByWindow(model, schedule);
  const columns = schedule.windows.map(
    ({ spans }) => new Map(spans.map((span) => [span.layer, span.columns])),
  );
  const writer = new Map(model.layers.map(({ id, output }) => [output, id]));
  const whole = model.layers.map(({ output }): Range => ({ from: 0, to: mapOf(model, output).shape.w }));
  const columnsOf = (id: LayerId, window: WindowId | null): Range =>
    (window === null ? undefined : columns[window]!.get(id)) ?? whole[id]!;
  const originOf = (map: MapId, window: WindowId | null): number =>
    byWindow.has(map) ? columnsOf(writer.get(map)!, window).from : 0;
  for (const { layer, y0, y1, awaited, window } of playTape(schedule.tape, schedule.windows, classify)) {
    const { inputs, output } = layerOf(model, layer);
    const { from: x0, to: x1 } = columnsOf(layer, window);
    const inX = inputs.map((map) => originOf(map, window));
    assert(
      inX.length <= 2 || inX.slice(2).every((x) => x === inX[1]),
      `layer ${layer} reads maps that begin at several columns`,
    );
    yield { layer, y0, y1, x0, x1, inX, outX: originOf(output, window), awaited, window };
  }
}
