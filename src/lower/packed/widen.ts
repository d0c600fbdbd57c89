import { mapOf, type QuantLayer, type QuantMap, type QuantModel } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { hasOneZeroPoint, type LayerContext } from '../layer-context.ts';

/**
 * A model of one layer, its maps and, unless it keeps them, weights stored in bytes: what a kernel for 8 bits computes on the same
 * integers. Where the output has fewer bits the layer leaves to what packs it the limits, and the zero points where there are
 * several.
 */
export function widen(model: QuantModel, layer: QuantLayer, keepsWeights = false): QuantModel {
  const maps = model.maps.map((map): QuantMap => {
    if (map.id === layer.output) return withoutZeroPoints(map);
    return layer.inputs.includes(map.id) ? { ...map, affine: { ...map.affine, bits: 8 } } : map;
  });
  return {
    ...model,
    maps,
    layers: [widenLayer(layer, model.maps[layer.output]!.affine.bits < 8, keepsWeights)],
  };
}

/** What lowering the layer of that model works with. */
export function widenContext(context: LayerContext, wide: QuantModel): LayerContext {
  const inputs = context.inputs.map(({ id }) => mapOf(wide, id));
  return { ...context, inputs, output: mapOf(wide, context.output.id) };
}

function withoutZeroPoints(map: QuantMap): QuantMap {
  const { scale, zeroPoint } = map.affine;
  return {
    ...map,
    affine: { bits: 8, scale, zeroPoint: hasOneZeroPoint(map) ? zeroPoint : zeroPoint.map(() => 0) },
  };
}

function widenLayer(layer: QuantLayer, isPacked: boolean, keepsWeights: boolean): QuantLayer {
  const weighted =
    'weights' in layer && !keepsWeights
      ? { ...layer, weights: { ...layer.weights, bits: 8, raise: 0 } }
      : layer;
  return isPacked && 'clamp' in weighted ? { ...weighted, clamp: integerRange(8) } : weighted;
}
