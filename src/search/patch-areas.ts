import type { MapArea } from '../ir/classify.ts';
import type { Range } from '../ir/geometry.ts';
import { rowsCompleted } from '../ir/layer-rows.ts';
import { layerOf, type MapId, type QuantModel } from '../ir/quant-model.ts';
import { inputColumns, inputRows } from '../ir/receptive-field.ts';
import type { Schedule } from '../ir/schedule.ts';
import { assert } from '../util/never.ts';

/** What each window computes of each map, by window: of a model without arms, whose maps are its tensors. */
export function areasComputed(
  model: QuantModel,
  { windows }: Schedule,
): readonly ReadonlyMap<MapId, MapArea>[] {
  return windows.map(
    ({ spans }) =>
      new Map(
        spans.map(({ layer: id, rows, columns }) => {
          const layer = layerOf(model, id);
          return [layer.output, { rows: rowsCompleted(model, layer, rows), columns }];
        }),
      ),
  );
}

/** What each window reads of one map, by window. */
export function areasRead(model: QuantModel, { windows }: Schedule, map: MapId): readonly MapArea[] {
  return windows.map(({ spans }) => {
    const reads = spans.flatMap(({ layer: id, rows, columns }): MapArea[] => {
      const layer = layerOf(model, id);
      const index = layer.inputs.indexOf(map);
      if (index < 0) return [];
      return [
        { rows: inputRows(model, layer, index, rows), columns: inputColumns(model, layer, index, columns) },
      ];
    });
    assert(reads.length > 0, `a window reads nothing of map ${map}`);
    return { rows: hull(reads.map((area) => area.rows)), columns: hull(reads.map((area) => area.columns)) };
  });
}

function hull(ranges: readonly Range[]): Range {
  return { from: Math.min(...ranges.map(({ from }) => from)), to: Math.max(...ranges.map(({ to }) => to)) };
}
