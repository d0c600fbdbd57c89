import type { Hdf5 } from '../hdf5/index.ts';
import { belongsTo, ownName, type LayerPath, type StoredWeight, type WeightStore } from './weights.ts';

/** Attributes of HDF5 hold 64 KB; Keras splits longer lists. */
const MAX_PARTS = 1024;

/**
 * Weights of a `.h5` file (Keras 2, or Keras 3 in its legacy format): a group for each layer of the outermost network, whose
 * attribute `weight_names` lists the arrays of that layer and of all layers in it.
 */
export function h5Weights(h5: Hdf5): WeightStore {
  const weightsOf = (path: LayerPath): readonly StoredWeight[] => {
    const [outermost] = path;
    const own = path.at(-1);
    if (outermost === undefined || own === undefined) return [];
    const group = `model_weights/${outermost.layer.name}`;
    const names = listNames(h5, group);
    const ownNames = path.length === 1 ? names : names.filter((name) => belongsTo(name, own.layer.name));
    return ownNames.map((name) => ({ name: ownName(name), read: () => h5.read(`${group}/${name}`) }));
  };
  return { weightsOf };
}

function listNames(h5: Hdf5, group: string): readonly string[] {
  const whole = h5.texts(group, 'weight_names');
  if (whole !== null) return whole;
  const names: string[] = [];
  for (let part = 0; part < MAX_PARTS; part++) {
    const more = h5.texts(group, `weight_names${part}`);
    if (more === null) break;
    names.push(...more);
  }
  return names;
}
