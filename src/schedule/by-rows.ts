import type { Range } from '../ir/geometry.ts';
import { tapeRows, tapeRowsFor } from '../ir/layer-rows.ts';
import { layerOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import { inputRows } from '../ir/receptive-field.ts';
import type { Schedule, Tape, Window } from '../ir/schedule.ts';
import { cutSplitMap, surround, windowsTape } from './by-patches.ts';
import { coverArea } from './cover.ts';
import { chooseLayerOrder } from './layer-order.ts';
import { joinRows, packTape } from './pack-tape.ts';
import { cutStage } from './stage.ts';

/**
 * `layers` (in topological order) as one stream: a row is computed as soon as, and not before, a row behind it needs it.
 * Between them only those rows of a map have to be kept that are still to be read. Rows that nothing needs are not
 * computed. `spans` limits the rows of some layers; the others are computed in full.
 *
 * With `blockRows` above 1 the last layers are computed so many rows at a time, and what these need of the layers ahead in one
 * go: fewer kernel calls, each of which prepares its weights, for longer rings.
 */
export function streamTape(
  model: QuantModel,
  layers: readonly LayerId[],
  spans: ReadonlyMap<LayerId, Range> = new Map(),
  blockRows = 1,
): Tape {
  const writer = new Map(layers.map((id) => [layerOf(model, id).output, id]));
  const rowsOf = (id: LayerId): Range =>
    spans.get(id) ?? { from: 0, to: tapeRows(model, layerOf(model, id)) };
  const next = new Map(layers.map((id) => [id, rowsOf(id).from]));
  const calls: LayerId[] = [];

  const demand = (id: LayerId, to: number): void => {
    const layer = layerOf(model, id);
    const step = blockRows === 1 ? 1 : to - next.get(id)!;
    for (let y = next.get(id)!; y < to; y += step) {
      layer.inputs.forEach((map, index) => {
        const from = writer.get(map);
        if (from === undefined) return;
        const read = inputRows(model, layer, index, { from: y, to: y + step });
        demand(from, tapeRowsFor(model, layerOf(model, from), read).to);
      });
      calls.push(...new Array<LayerId>(step).fill(id));
      next.set(id, y + step);
    }
  };
  const read = new Set(layers.flatMap((id) => layerOf(model, id).inputs));
  const kept = new Set([
    ...model.outputs.map(({ map }) => map),
    ...model.layers.filter(({ id }) => !next.has(id)).flatMap(({ inputs }) => inputs),
  ]);
  for (const id of layers) {
    const { output } = layerOf(model, id);
    if (!kept.has(output) && read.has(output)) continue;
    const { from, to } = rowsOf(id);
    for (let end = from + blockRows; end < to + blockRows; end += blockRows) demand(id, Math.min(end, to));
  }
  return packTape(joinRows(calls));
}

/** The whole network as one stream. */
export function scheduleStream(model: QuantModel): Schedule {
  const layers = chooseLayerOrder(model);
  return {
    segments: [{ kind: 'stream', layers }],
    windows: [],
    tape: streamTape(model, layers),
    classifier: null,
  };
}

/**
 * The stage up to layer `split` in vertical strips, each of them a stream, then the rest layer by layer. Fails as
 * `schedulePatches` does.
 */
export function scheduleStrips(model: QuantModel, split: LayerId, strips: number): Schedule {
  const areas = cutSplitMap(model, { split, rows: 1, columns: strips });
  const stages = cutStage(model, chooseLayerOrder(model), split);
  const windows = areas.map((area): Window => ({ spans: coverArea(model, stages.stage, area) }));
  const tape = windowsTape(windows, (strip) => stripOf(model, strip));
  return surround(model, stages, { kind: 'strips', layers: stages.stage }, windows, tape);
}

/** One strip as a stream. */
export function stripOf(model: QuantModel, { spans }: Window): Tape {
  const rows = new Map(spans.map((span) => [span.layer, span.rows]));
  return streamTape(model, [...rows.keys()], rows);
}
