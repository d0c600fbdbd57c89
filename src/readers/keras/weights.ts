import type { Weights } from '../build/layers.ts';
import type { KerasLayer, KerasNetwork } from './config.ts';

/** A layer, and the networks around it from the outermost in. */
export type LayerPath = readonly { readonly network: KerasNetwork; readonly layer: KerasLayer }[];

/** One array of weights of a layer. */
export interface StoredWeight {
  /** What Keras calls it within its layer (`kernel`, `gamma`); null where the file only keeps the order. */
  readonly name: string | null;
  /** Decodes it. Stops with QM104, QM209 or QM211 where that is not possible. */
  readonly read: () => Weights;
}

/** Where a model file keeps the weights of its layers. */
export interface WeightStore {
  /** The weights of a layer, in the order in which the layer made them. */
  weightsOf(path: LayerPath): readonly StoredWeight[];
}

const NAMES: ReadonlySet<string> = new Set([
  'alpha',
  'beta',
  'bias',
  'depthwise_kernel',
  'gamma',
  'kernel',
  'mean',
  'moving_mean',
  'moving_variance',
  'pointwise_kernel',
  'variance',
]);

/** The one weight that goes by one of `names`, or stands at `index` where the names are none of Keras's own. */
export function findWeight(
  stored: readonly StoredWeight[],
  names: readonly string[],
  index: number,
): StoredWeight | null {
  if (!stored.some(({ name }) => name !== null && NAMES.has(name))) return stored[index] ?? null;
  const [named, ...others] = stored.filter(({ name }) => name !== null && names.includes(name));
  return others.length === 0 ? (named ?? null) : null;
}

/** `kernel` of `block/conv2d/kernel:0`. */
export function ownName(weightName: string): string {
  return withoutOutput(weightName).split('/').at(-1) ?? '';
}

/** Whether a weight's name says that it belongs to a layer called `layer`. */
export function belongsTo(weightName: string, layer: string): boolean {
  const path = withoutOutput(weightName);
  const owner = path.slice(0, path.lastIndexOf('/'));
  return owner === layer || owner.endsWith(`/${layer}`);
}

function withoutOutput(name: string): string {
  return name.replace(/:\d+$/, '');
}
