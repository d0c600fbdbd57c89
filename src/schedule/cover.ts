import type { MapArea } from '../ir/classify.ts';
import type { Range } from '../ir/geometry.ts';
import { tapeRowsFor } from '../ir/layer-rows.ts';
import { layerOf, mapOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import { inputColumns, inputRows } from '../ir/receptive-field.ts';
import type { LayerSpan } from '../ir/schedule.ts';

/**
 * What each of `layers` (in topological order, the last one ending the stage) has to compute for `area` of the last one's
 * output: every reader's needs of a map are united. Layers of which nothing is needed, as where only padding is read, are
 * left out.
 */
export function coverArea(
  model: QuantModel,
  layers: readonly LayerId[],
  area: MapArea,
): readonly LayerSpan[] {
  const last = layers.at(-1)!;
  const needs = new Map<MapId, MapArea>([[layerOf(model, last).output, area]]);
  const spans: LayerSpan[] = [];
  for (const id of layers.toReversed()) {
    const layer = layerOf(model, id);
    const need = needs.get(layer.output);
    if (need === undefined || isEmpty(need)) continue;
    // A reshape mixes columns: it writes whole rows.
    const columns =
      layer.kind === 'reshape' ? { from: 0, to: mapOf(model, layer.output).shape.w } : need.columns;
    const rows = tapeRowsFor(model, layer, need.rows);
    spans.push({ layer: id, rows, columns });
    layer.inputs.forEach((map, index) => {
      const read = {
        rows: inputRows(model, layer, index, rows),
        columns: inputColumns(model, layer, index, columns),
      };
      needs.set(map, unite(needs.get(map), read));
    });
  }
  return spans.toReversed();
}

function unite(a: MapArea | undefined, b: MapArea): MapArea {
  if (a === undefined || isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return { rows: uniteRanges(a.rows, b.rows), columns: uniteRanges(a.columns, b.columns) };
}

function uniteRanges(a: Range, b: Range): Range {
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

function isEmpty({ rows, columns }: MapArea): boolean {
  return rows.from >= rows.to || columns.from >= columns.to;
}

/** The cells of a grid over a map of h × w, row by row; their sizes differ by one at most. */
export function cutIntoCells(h: number, w: number, rows: number, columns: number): readonly MapArea[] {
  const edges = (extent: number, cells: number): readonly Range[] =>
    Array.from({ length: cells }, (_, i) => ({
      from: Math.floor((i * extent) / cells),
      to: Math.floor(((i + 1) * extent) / cells),
    }));
  return edges(h, rows).flatMap((row) => edges(w, columns).map((column) => ({ rows: row, columns: column })));
}
