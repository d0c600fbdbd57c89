import { fail } from '../diagnostics/diagnostic.ts';
import { layerOf, mapOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';

/** A network in three: what is computed whole ahead of the stage, the stage that windows cut, and the rest. */
export interface Stages {
  readonly before: readonly LayerId[];
  readonly stage: readonly LayerId[];
  readonly after: readonly LayerId[];
}

/**
 * Cuts `order` behind layer `split`: the stage is what its output depends on, without the reencoding of a port, which
 * takes no memory as a whole. Fails with QM711 where other maps than that output are needed behind the stage, and with
 * QM713 where the stage joins more than two maps in one layer.
 */
export function cutStage(model: QuantModel, order: readonly LayerId[], split: LayerId): Stages {
  const needed = ancestorsOf(model, split);
  const isBefore = (id: LayerId): boolean =>
    needed.has(id) && layerOf(model, id).kind === 'reencode' && id !== split;
  const stages = {
    before: order.filter(isBefore),
    stage: order.filter((id) => needed.has(id) && !isBefore(id)),
    after: order.filter((id) => !needed.has(id)),
  };
  const { name } = layerOf(model, split);
  const others = liveBehind(model, needed).filter((map) => map !== layerOf(model, split).output);
  if (others.length > 0) {
    fail(
      'QM711',
      { path: name },
      { node: name, maps: others.map((map) => mapOf(model, map).name).join(', ') },
    );
  }
  const wide = stages.stage.find((id) => layerOf(model, id).inputs.length > 2);
  if (wide !== undefined)
    fail('QM713', { path: layerOf(model, wide).name }, { node: layerOf(model, wide).name });
  return stages;
}

/** Whether `cutStage` can cut behind this layer. */
export function canCutStage(model: QuantModel, order: readonly LayerId[], split: LayerId): boolean {
  const needed = ancestorsOf(model, split);
  const live = liveBehind(model, needed);
  const joinsFew = order.every((id) => !needed.has(id) || layerOf(model, id).inputs.length <= 2);
  return joinsFew && live.length === 1 && live[0] === layerOf(model, split).output;
}

/** The layers that the output of `layer` depends on, and the layer itself. */
function ancestorsOf(model: QuantModel, layer: LayerId): ReadonlySet<LayerId> {
  const maps = new Set(layerOf(model, layer).inputs);
  const found = new Set([layer]);
  for (const { id, inputs, output } of model.layers.slice(0, layer).toReversed()) {
    if (!maps.has(output)) continue;
    found.add(id);
    for (const map of inputs) maps.add(map);
  }
  return found;
}

/** The maps that are in memory once `done` are computed and that something needs later. */
export function liveBehind(model: QuantModel, done: ReadonlySet<LayerId>): readonly MapId[] {
  const readLater = new Set(model.layers.filter(({ id }) => !done.has(id)).flatMap(({ inputs }) => inputs));
  for (const { map } of model.outputs) readLater.add(map);
  const present = new Set(model.inputs.map(({ map }) => map));
  for (const id of done) present.add(layerOf(model, id).output);
  return [...present].filter((map) => readLater.has(map));
}
