import type { MapPlacement, MemoryPlan } from '../../ir/memory-plan.ts';
import { tapeRows } from '../../ir/layer-rows.ts';
import { packedRowBytes, type QuantModel } from '../../ir/quant-model.ts';
import type { Schedule } from '../../ir/schedule.ts';

/** Layer by layer, every map in memory of its own: the executor as a plain reference, in which nothing is overwritten. */
export function planWholeTensors(model: QuantModel): {
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
} {
  const layers = model.layers.map((layer) => layer.id);
  const tape = model.layers.map(
    (layer) => ({ kind: 'rows', layer: layer.id, count: tapeRows(model, layer) }) as const,
  );
  const maps: MapPlacement[] = [];
  let arenaBytes = 0;
  for (const map of model.maps) {
    const rowBytes = packedRowBytes(map);
    maps.push({ map: map.id, offsetBytes: arenaBytes, rowBytes, ringRows: map.shape.h });
    arenaBytes += rowBytes * map.shape.h;
  }
  return {
    schedule: { segments: [{ kind: 'layer', layers }], windows: [], tape, classifier: null },
    memory: {
      arenaBytes,
      hotBytes: 0,
      alignmentBytes: 1,
      maps,
      scratch: [],
      sums: [],
      replacing: [],
      liveBytes: arenaBytes,
      peakLayer: layers.at(-1) ?? 0,
    },
  };
}
