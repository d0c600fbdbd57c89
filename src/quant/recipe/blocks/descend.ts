import { clamp, range } from '../../../util/math.ts';
import type { BlockLoss } from './block-loss.ts';
import type { Drops } from './block-network.ts';
import type { TrainedLayer } from './trained-layer.ts';

/** Tiles to a step. */
const BATCH = 8;
/** What a descent may compute forwards, and the steps that it takes at least and at most. */
const MAC_BUDGET = 2e9;
const STEPS = { least: 100, most: 200 } as const;
/** Held-out images are asked so many times, at even distances, whether it still gets better. */
const LEGS = 4;
/** Chance of a value to keep what rounding would take from it. */
const DROP_CHANCE = 0.5;

/**
 * Gradient descent of biases and of weights of 8 bits by a loss that counts as 1 at `scale`. Leaves the layers as they were
 * best for held-out images, at the start perhaps.
 */
export function descend(
  layers: readonly TrainedLayer[],
  loss: BlockLoss,
  scale: number,
  random: () => number,
): void {
  const drops: Drops = () => random() < DROP_CHANCE;
  const steps = Math.round(clamp(MAC_BUDGET / (BATCH * loss.tileMacs), STEPS.least, STEPS.most));
  const heldOut = (): number => {
    for (const layer of layers) layer.loadRounded();
    return loss.mean(loss.heldOut);
  };
  const state = () => layers.map(({ weights, bias }) => ({ weights: weights.slice(), bias: bias.slice() }));
  let best = { error: heldOut(), state: state() };
  for (const step of range(steps)) {
    for (const layer of layers) layer.load();
    for (const place of loss.randomPlaces(BATCH, random)) {
      loss.addGradients(place, drops, 1 / (BATCH * scale));
    }
    for (const layer of layers) layer.descend(1 - step / steps);
    if ((step + 1) % Math.ceil(steps / LEGS) !== 0 && step + 1 < steps) continue;
    const error = heldOut();
    if (error < best.error) best = { error, state: state() };
  }
  layers.forEach((layer, i) => {
    layer.weights.set(best.state[i]!.weights);
    layer.bias.set(best.state[i]!.bias);
  });
}
