import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { kernelNamed, likePortable, type LayerKernel } from '../layer-context.ts';
import { lowerAddOfPairs } from '../ops/add.ts';

/** An addition of maps of 4 bits that unpacks and packs them as it goes; null where one of them has other bits. */
export function narrowAdd(model: QuantModel, layer: QuantLayer): LayerKernel | null {
  if (layer.kind !== 'add' || layer.requant.rounding !== 'channels') return null;
  const maps = [...layer.inputs, layer.output].map((map) => mapOf(model, map));
  if (!maps.every(({ affine }) => affine.bits === 4)) return null;
  return likePortable(kernelNamed('qmcu_add_a4_dsp'), (context) => lowerAddOfPairs(layer, context));
}
