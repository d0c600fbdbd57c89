import { playSchedule } from './play-schedule.ts';
import { layerOf, mapOf, type LayerId, type QuantModel } from './quant-model.ts';
import type { Schedule } from './schedule.ts';

/**
 * Multiply-accumulates of one inference as the schedule executes it, by layer: what halos compute twice counts twice, rows
 * that nothing needs count nothing. Where the tape branches every window counts as an outlier.
 */
export function scheduledMacsByLayer(model: QuantModel, schedule: Schedule): ReadonlyMap<LayerId, number> {
  const macs = new Map(model.layers.map(({ id }) => [id, 0]));
  for (const { layer, y0, y1, x0, x1 } of playSchedule(model, schedule, () => true)) {
    macs.set(layer, macs.get(layer)! + (y1 - y0) * (x1 - x0) * macsPerPixel(model, layer));
  }
  return macs;
}

/** Multiply-accumulates of a layer that computes every pixel of its output once. */
export function wholeMacs(model: QuantModel, id: LayerId): number {
  const { h, w } = mapOf(model, layerOf(model, id).output).shape;
  return h * w * macsPerPixel(model, id);
}

/** Each weight is used once for each pixel of the output. */
export function macsPerPixel(model: QuantModel, id: LayerId): number {
  const layer = layerOf(model, id);
  return 'weights' in layer ? layer.weights.data.length : 0;
}
