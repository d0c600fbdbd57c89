import { openCompiledFolder } from '../../src/emit/compiled-folder.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import type { QuantLayer } from '../../src/ir/quant-model.ts';

/** BitOPs of a compiled folder with weights counted as wide as they are stored, raised channels and all. */
export async function storedBitOps(dir: string): Promise<number> {
  const { model, schedule } = (await openCompiledFolder(dir)).reference;
  const asStored = (layer: QuantLayer): QuantLayer =>
    'weights' in layer
      ? { ...layer, weights: { ...layer.weights, significantBits: layer.weights.bits } }
      : layer;
  return accountBitOps({ ...model, layers: model.layers.map(asStored) }, schedule, []).bitOpsWithHalo;
}
