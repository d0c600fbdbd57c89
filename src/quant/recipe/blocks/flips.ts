import { range } from '../../../util/math.ts';
import type { BlockLoss } from './block-loss.ts';
import type { TrainedLayer } from './trained-layer.ts';

/** Tiles that changes are chosen by, and as many others that they are judged by. */
const BATCH = 32;
const ROUNDS = 20;
/** The changes of the first round; later ones try more after gains, fewer after losses. */
const FIRST_COUNT = 8;
const GROWTH = 1.5;
/** The share of the curvature that is counted in the first round, and its growth after losses: errors are not independent. */
const FIRST_SHARE = 0.3;
const CAUTION = 1.2;

/** One weight below 8 bits rounded the other way. */
interface Flip {
  readonly layer: TrainedLayer;
  readonly index: number;
  /** −1 or 1 steps. */
  readonly by: number;
  /** How much the loss falls by it, about. */
  readonly gain: number;
}

/**
 * Changes weights below 8 bits by single steps where the block's loss, which counts as 1 at `scale`, falls by it: those of
 * largest gain by slope and curvature together, as many as have paid before.
 */
export function flipWeights(
  layers: readonly TrainedLayer[],
  loss: BlockLoss,
  scale: number,
  random: () => number,
): void {
  const narrow = layers.filter(({ isNarrow }) => isNarrow);
  if (narrow.length === 0) return;
  const load = (): void => {
    for (const layer of layers) layer.loadRounded();
  };
  let count = FIRST_COUNT;
  let share = FIRST_SHARE;
  for (let round = 0; round < ROUNDS; round++) {
    load();
    const slopes = sumGradients(narrow, loss, scale, random);
    // Gauss and Newton's curvature by the variance of gradients, if the errors of all values in a tile are independent.
    const curvature = (share * BATCH * loss.tileValues) / 2;
    const flips = narrow
      .flatMap((layer, i) => bestFlips(layer, slopes[i]!, curvature))
      .sort((a, b) => b.gain - a.gain)
      .slice(0, Math.floor(count));
    const judges = loss.randomPlaces(BATCH, random);
    const before = loss.mean(judges);
    for (const { layer, index, by } of flips) layer.weights[index]! += by;
    load();
    if (flips.length > 0 && loss.mean(judges) < before) {
      count = Math.max(1, flips.length) * GROWTH;
      share /= CAUTION;
    } else {
      for (const { layer, index, by } of flips) layer.weights[index]! -= by;
      share *= flips.length > 0 ? CAUTION : 1 / CAUTION;
      count = Math.max(1, count / 2);
    }
  }
}

/** Of a layer, Σ of tiles' gradients by each weight and of their squares. */
interface Slopes {
  readonly sum: Float32Array;
  readonly squares: Float32Array;
}

function sumGradients(
  layers: readonly TrainedLayer[],
  loss: BlockLoss,
  scale: number,
  random: () => number,
): readonly Slopes[] {
  const slopes = layers.map(({ weights }) => ({
    sum: new Float32Array(weights.length),
    squares: new Float32Array(weights.length),
  }));
  for (const place of loss.randomPlaces(BATCH, random)) {
    for (const { values } of layers) values.weightGradients.fill(0);
    loss.addGradients(place, null, 1 / (BATCH * scale));
    slopes.forEach(({ sum, squares }, layer) => {
      const gradients = layers[layer]!.values.weightGradients;
      for (let i = 0; i < gradients.length; i++) {
        sum[i]! += gradients[i]!;
        squares[i]! += gradients[i]! * gradients[i]!;
      }
    });
  }
  return slopes;
}

/** The change of one weight of each output channel that should lower the loss most, where any should. */
function bestFlips(layer: TrainedLayer, { sum, squares }: Slopes, curvature: number): readonly Flip[] {
  const { layout, limit, steps, weights } = layer;
  const flips: Flip[] = [];
  for (const channel of range(layout.outputChannels)) {
    let best: Flip | null = null;
    for (let tap = 0; tap < layout.taps; tap++) {
      const index = layout.at(channel, tap);
      const by = sum[index]! > 0 ? -1 : 1;
      if (Math.abs(weights[index]! + by) > limit) continue;
      const step = steps[index]!;
      const gain = step * (Math.abs(sum[index]!) - 0.5 * step * curvature * squares[index]!);
      if (gain > (best?.gain ?? 0)) best = { layer, index, by, gain };
    }
    if (best !== null) flips.push(best);
  }
  return flips;
}
