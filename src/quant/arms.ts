import type { PatchClass } from '../ir/classify.ts';
import type { Graph, TensorId } from '../ir/graph.ts';
import { sameAffine, type Affine } from '../ir/quantization.ts';
import {
  layerOf,
  mapOf,
  type LayerId,
  type MapId,
  type QuantLayer,
  type QuantMap,
  type QuantModel,
} from '../ir/quant-model.ts';
import { assert } from '../util/never.ts';
import { quantizeModel, type QuantizeOptions } from './quantize-model.ts';
import type { CalibrationStatistics } from './statistics.ts';

/** The tensors of a patch stage: those that a patch computes for itself, and the one that its patches compute together. */
export interface StageTensors {
  readonly inner: readonly TensorId[];
  readonly join: TensorId;
}

/**
 * The maps (which are the tensors) that the layers of a stage write; exactly one of them is read outside the stage, or is
 * an output.
 */
export function stageTensors(model: QuantModel, stage: readonly LayerId[]): StageTensors {
  const own = new Set(stage);
  const written = stage.map((layer) => layerOf(model, layer).output);
  const isReadOutside = (map: MapId): boolean =>
    model.outputs.some((port) => port.map === map) ||
    model.layers.some((layer) => !own.has(layer.id) && layer.inputs.includes(map));
  const [join, ...others] = written.filter(isReadOutside);
  assert(join !== undefined && others.length === 0, 'a patch stage ends in one map');
  return { inner: written.filter((map) => map !== join), join };
}

/** The two models of which `joinArms` takes its bodies: alike outside the stage, in integers. */
export interface ArmModels {
  readonly outlier: QuantModel;
  readonly regular: QuantModel;
}

/** A network as one arm quantizes it: the same outside the stage, with weights of its own inside. */
export interface ArmNetwork {
  readonly graph: Graph;
  readonly statistics: CalibrationStatistics;
  readonly options: QuantizeOptions;
}

/**
 * Quantizes a network twice, as each arm has it. Inputs and the join are given one quantization: of those that the arms
 * would choose for the join by themselves the coarser, which both can requantize to.
 */
export function quantizeArms(
  { join }: StageTensors,
  arms: { readonly [arm in PatchClass]: ArmNetwork },
): ArmModels {
  const alone = [arms.outlier, arms.regular].map(({ graph, statistics, options }) =>
    quantizeModel(graph, statistics, options),
  );
  const affineIn = (model: QuantModel, tensor: TensorId): Affine => mapOf(model, tensor).affine;
  const coarsest = alone
    .map((model) => affineIn(model, join))
    .reduce((a, b) => (b.scale[0]! > a.scale[0]! ? b : a));
  const inputs = arms.outlier.graph.inputs.map(
    ({ tensor }) => [tensor, affineIn(alone[0]!, tensor)] as const,
  );
  const fixed = new Map([...inputs, [join, coarsest] as const]);
  const again = ({ graph, statistics, options }: ArmNetwork): QuantModel =>
    quantizeModel(graph, statistics, { ...options, fixed });
  return { outlier: again(arms.outlier), regular: again(arms.regular) };
}

/**
 * One model with two bodies for a patch stage: that of `outlier` and, with layers and inner maps of its own, that of
 * `regular`; before and after the stage the two must not differ. Layers stand in the order: before the stage, outlier
 * arm, regular arm, after it. Maps keep their ids, those of the regular arm follow.
 */
export function joinArms({ outlier, regular }: ArmModels, stage: readonly LayerId[]): QuantModel {
  const { inner } = stageTensors(outlier, stage);
  const innerMaps = new Set(inner);
  for (const map of outlier.maps) {
    const isShared = !innerMaps.has(map.id);
    assert(
      !isShared || sameAffine(map.affine, mapOf(regular, map.id).affine),
      `the arms differ in ${map.name}`,
    );
  }

  const regularMap = new Map(inner.map((map, index) => [map, outlier.maps.length + index]));
  const own = new Set(stage);
  const first = Math.min(...stage);
  const others = outlier.layers.filter((layer) => !own.has(layer.id));
  const bodyOf = (model: QuantModel): readonly QuantLayer[] =>
    model.layers.filter((layer) => own.has(layer.id));
  const ordered = [
    ...others.filter((layer) => layer.id < first),
    ...bodyOf(outlier).map((layer) => inArm(layer, 'outlier', new Map())),
    ...bodyOf(regular).map((layer) => inArm(layer, 'regular', regularMap)),
    ...others.filter((layer) => layer.id > first),
  ];
  const start = others.filter((layer) => layer.id < first).length;
  const ids = (from: number): readonly LayerId[] => stage.map((_, index) => from + index);
  return {
    ...outlier,
    maps: [...outlier.maps, ...inner.map((map) => armMap(mapOf(regular, map), regularMap.get(map)!))],
    layers: ordered.map((layer, id) => ({ ...layer, id })),
    arms: { outlier: ids(start), regular: ids(start + stage.length) },
  };
}

function inArm(layer: QuantLayer, arm: 'outlier' | 'regular', maps: ReadonlyMap<MapId, MapId>): QuantLayer {
  const mapped = (map: MapId): MapId => maps.get(map) ?? map;
  return {
    ...layer,
    name: `${layer.name}@${arm}`,
    inputs: layer.inputs.map(mapped),
    output: mapped(layer.output),
  };
}

function armMap(map: QuantMap, id: MapId): QuantMap {
  return { ...map, id, name: `${map.name}@regular` };
}
