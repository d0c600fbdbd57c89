import type { MapArea } from '../ir/classify.ts';
import type { TensorId } from '../ir/graph.ts';
import { layerOf, mapOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import type { MapBits } from '../ir/quantization.ts';
import { columnBytes } from '../util/packed-columns.ts';
import type { MemoryBudget, MemoryLimit } from './vdqs.ts';

/**
 * The memory that `layers`, computed one after the other, have to get by with. Maps that they alone know are stored patch
 * by patch, packed at the width that is searched for: of those in `areas` the largest patch. What comes from before them
 * or is read after them is stored whole and stays throughout.
 */
export function memoryOf(
  model: QuantModel,
  layers: readonly LayerId[],
  areas: readonly ReadonlyMap<TensorId, MapArea>[],
  bytes: number,
): MemoryBudget {
  const resident = residentMaps(model, layers);
  const bytesOf = (map: MapId, bits: MapBits): number => {
    const { shape } = mapOf(model, map);
    const own = resident.has(map) ? [] : areas.flatMap((patch) => patch.get(map) ?? []);
    const rows = own.length === 0 ? shape.h : Math.max(...own.map((area) => area.rows.to - area.rows.from));
    const columns =
      own.length === 0 ? shape.w : Math.max(...own.map((area) => area.columns.to - area.columns.from));
    return rows * columnBytes(columns, shape.c, bits);
  };
  return { bytes, bytesOf, limits: liveMaps(model, layers, resident) };
}

/** The maps that `layers` have in common with the rest of the network, or with its ports. */
function residentMaps(model: QuantModel, layers: readonly LayerId[]): ReadonlySet<MapId> {
  const own = new Set(layers);
  const outside = model.layers.filter(({ id }) => !own.has(id));
  return new Set([
    ...outside.flatMap(({ inputs, output }) => [...inputs, output]),
    ...[...model.inputs, ...model.outputs].map((port) => port.map),
  ]);
}

/** The maps in memory at each of `layers`. */
function liveMaps(
  model: QuantModel,
  layers: readonly LayerId[],
  resident: ReadonlySet<MapId>,
): readonly MemoryLimit[] {
  const order = layers.map((id) => layerOf(model, id));
  const touched = [...new Set(order.flatMap(({ inputs, output }) => [...inputs, output]))];
  return order.map((layer, at) => {
    const isLive = (map: MapId): boolean =>
      resident.has(map) ||
      (order.findIndex(({ output }) => output === map) <= at &&
        order.findLastIndex(({ inputs, output }) => output === map || inputs.includes(map)) >= at);
    return { step: layer.name, tensors: touched.filter(isLive) };
  });
}
