import { mayReplaceInput } from '../ir/in-place.ts';
import {
  mapBytes,
  mapOf,
  type LayerId,
  type MapId,
  type QuantLayer,
  type QuantModel,
} from '../ir/quant-model.ts';
import { sum } from '../util/math.ts';
import { assert } from '../util/never.ts';

/** Partial orders kept after each layer: far more than the branches of a CNN need, few enough for a wide graph. */
const BEAM_WIDTH = 64;

/** The first layers of an order, and what the rest must know of them. */
interface PartialOrder {
  readonly layers: readonly LayerId[];
  readonly done: bigint;
  /** Maps in memory after the last of `layers`. */
  readonly live: ReadonlySet<MapId>;
  readonly peakBytes: number;
}

/**
 * A topological order of the layers with a low peak of whole live maps. Of equal peaks the order that the model states
 * wins. Exact where at most `BEAM_WIDTH` sets of layers are open at once, as in chains with a few branches.
 */
export function chooseLayerOrder(model: QuantModel): readonly LayerId[] {
  const kept = new Set(model.outputs.map((port) => port.map));
  const readers = readersOf(model);
  const inputs = model.inputs.map((port) => port.map).filter((map) => kept.has(map) || readers.has(map));
  const producer = new Map(model.layers.map((layer) => [layer.output, layer.id]));

  const bytesOf = (map: MapId): number => mapBytes(mapOf(model, map));

  const isReady = (order: PartialOrder, layer: QuantLayer): boolean =>
    !isDone(order.done, layer.id) &&
    layer.inputs.every((map) => {
      const from = producer.get(map);
      return from === undefined || isDone(order.done, from);
    });

  const extend = (order: PartialOrder, layer: QuantLayer): PartialOrder => {
    const done = order.done | (1n << BigInt(layer.id));
    const dies = (map: MapId): boolean =>
      !kept.has(map) && (readers.get(map) ?? []).every((reader) => isDone(done, reader));
    const during = new Set([...order.live, layer.output]);
    const replaces = layer.inputs.some((map, index) => dies(map) && mayReplaceInput(model, layer, index));
    const bytes = sum([...during].map((map) => bytesOf(map))) - (replaces ? bytesOf(layer.output) : 0);
    return {
      layers: [...order.layers, layer.id],
      done,
      live: new Set([...during].filter((map) => !dies(map))),
      peakBytes: Math.max(order.peakBytes, bytes),
    };
  };

  let orders: readonly PartialOrder[] = [{ layers: [], done: 0n, live: new Set(inputs), peakBytes: 0 }];
  for (let i = 0; i < model.layers.length; i++) {
    const longer = orders.flatMap((order) =>
      model.layers.filter((layer) => isReady(order, layer)).map((layer) => extend(order, layer)),
    );
    orders = keepBest(longer);
  }
  const best = orders[0];
  assert(best?.layers.length === model.layers.length, 'the layers have a topological order');
  return best.layers;
}

function isDone(done: bigint, layer: LayerId): boolean {
  return ((done >> BigInt(layer)) & 1n) === 1n;
}

/** The best order of each set of layers, the best sets first; sorting is stable, so the model's order breaks ties. */
function keepBest(orders: readonly PartialOrder[]): readonly PartialOrder[] {
  const best = new Map<bigint, PartialOrder>();
  for (const order of orders) {
    const known = best.get(order.done);
    if (known === undefined || order.peakBytes < known.peakBytes) best.set(order.done, order);
  }
  return [...best.values()].sort((a, b) => a.peakBytes - b.peakBytes).slice(0, BEAM_WIDTH);
}

function readersOf(model: QuantModel): ReadonlyMap<MapId, readonly LayerId[]> {
  const readers = new Map<MapId, LayerId[]>();
  for (const layer of model.layers) {
    for (const map of layer.inputs) readers.set(map, [...(readers.get(map) ?? []), layer.id]);
  }
  return readers;
}
