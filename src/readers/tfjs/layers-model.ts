import { ownName, type LayerPath, type StoredWeight, type WeightStore } from '../keras/weights.ts';
import type { TfjsWeights } from './weights.ts';

/** Weights of a layers model, which go by the layer and the weight: `conv2d/kernel`, `base/conv2d/kernel`. */
export function layerWeights(weights: TfjsWeights): WeightStore {
  const byOwner = new Map<string, string[]>();
  for (const name of weights.names) {
    for (const owner of ownersOf(name)) byOwner.set(owner, [...(byOwner.get(owner) ?? []), name]);
  }
  const weightsOf = (path: LayerPath): readonly StoredWeight[] => {
    const full = path.map(({ layer }) => layer.name).join('/');
    const names = byOwner.get(full) ?? byOwner.get(path.at(-1)?.layer.name ?? '') ?? [];
    return names.map((name) => ({ name: ownName(name), read: () => weights.read(name) }));
  };
  return { weightsOf };
}

/** What a layer may be called whose weight is `name`: `base/conv2d` or `conv2d` for `base/conv2d/kernel`. */
function ownersOf(name: string): readonly string[] {
  const steps = name.split('/').slice(0, -1);
  return steps.map((_, index) => steps.slice(index).join('/'));
}
