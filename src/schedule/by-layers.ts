import { tapeRows } from '../ir/layer-rows.ts';
import { layerOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule, TapeOp } from '../ir/schedule.ts';
import { chooseLayerOrder } from './layer-order.ts';

/** Rows that one kernel call of each layer computes, by layer: all that a tape counts of it where the layer is computed whole. */
export type StepRows = readonly number[];

/** Every layer whole, in one kernel call, in the order with the lowest peak. */
export function scheduleByLayers(model: QuantModel): Schedule {
  return splitLayers(model, chooseLayerOrder(model), wholeLayers(model));
}

/** The layers of `order` one after the other, each in calls of `stepRows` rows; the last call of a layer takes what is left. */
export function splitLayers(model: QuantModel, order: readonly LayerId[], stepRows: StepRows): Schedule {
  return {
    segments: [{ kind: 'layer', layers: order }],
    windows: [],
    tape: order.flatMap((layer) =>
      layerTape(layer, tapeRows(model, layerOf(model, layer)), stepRows[layer]!),
    ),
    classifier: null,
  };
}

/** The `StepRows` of computing every layer in one call. */
export function wholeLayers(model: QuantModel): StepRows {
  return model.layers.map((layer) => tapeRows(model, layer));
}

function layerTape(layer: LayerId, height: number, stepRows: number): readonly TapeOp[] {
  if (stepRows >= height) return [{ kind: 'rows', layer, count: height }];
  const times = Math.floor(height / stepRows);
  const rest = height % stepRows;
  const full: TapeOp = { kind: 'rows', layer, count: stepRows };
  return [
    times === 1 ? full : { kind: 'repeat', times, body: [full] },
    ...(rest === 0 ? [] : [{ kind: 'rows', layer, count: rest } as const]),
  ];
}
