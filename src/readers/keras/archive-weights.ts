import type { KerasLayer, KerasNetwork } from './config.ts';
import type { Hdf5 } from '../hdf5/index.ts';
import type { LayerPath, StoredWeight, WeightStore } from './weights.ts';

/** What the group of a network's layers is called: in Keras 3, and in TensorFlow 2.12 before it. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];

type StoredNames = ReadonlyMap<KerasLayer, string>;

/**
 * Weights of a `.keras` archive: `layers/conv2d_1/vars/0`, where a layer goes by its class and how many of that class stand
 * before it in its network.
 */
export function archiveWeights(h5: Hdf5): WeightStore {
  const known = new WeakMap<KerasNetwork, StoredNames>();
  const namesIn = (network: KerasNetwork): StoredNames => {
    const names = known.get(network) ?? nameLayers(network);
    known.set(network, names);
    return names;
  };
  const container = CONTAINERS.find((name) => h5.list(name).length > 0) ?? 'layers';
  const weightsOf = (path: LayerPath): readonly StoredWeight[] => {
    const steps = path.map(({ network, layer }) => `${container}/${namesIn(network).get(layer) ?? ''}`);
    const group = `${steps.join('/')}/vars`;
    return [...h5.list(group)]
      .sort((a, b) => Number(a) - Number(b))
      .map((name) => ({ name: null, read: () => h5.read(`${group}/${name}`) }));
  };
  return { weightsOf };
}

function nameLayers(network: KerasNetwork): StoredNames {
  const namesakes = new Map<string, number>();
  return new Map(
    network.layers.map((layer) => {
      const name = snakeCase(layer.className);
      const earlier = namesakes.get(name) ?? 0;
      namesakes.set(name, earlier + 1);
      return [layer, earlier === 0 ? name : `${name}_${earlier}`];
    }),
  );
}

/** `DepthwiseConv2D` as `depthwise_conv2d` (Keras, `to_snake_case`). */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
