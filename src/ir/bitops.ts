import { sum } from '../util/math.ts';
import { playSchedule } from './play-schedule.ts';
import { mapOf, type LayerId, type QuantLayer, type QuantModel } from './quant-model.ts';
import type { Schedule } from './schedule.ts';
import { macsPerPixel } from './scheduled-macs.ts';

/**
 * What one inference multiplies, in MACs and in BitOPs (Σ MACs × weight bits × input-map bits, both as wide as they are
 * stored); `withHalo` counts what patches compute twice as often as it is computed. Of a patch stage with two arms each arm
 * counts by the share of inputs in which its patches play it.
 */
export interface BitOpsAccount {
  readonly macs: number;
  readonly macsWithHalo: number;
  readonly bitOps: number;
  readonly bitOpsWithHalo: number;
  /** BitOPs of the same network at 8 bits: layer by layer, and with the same patches. */
  readonly layer8: number;
  readonly patch8: number;
}

const BITS_8 = 8 * 8;

/** `outlierShares`: by window, the share of inputs in which it is of class outlier; of no effect without arms. */
export function accountBitOps(
  model: QuantModel,
  schedule: Schedule,
  outlierShares: readonly number[],
): BitOpsAccount {
  const played = playedMacs(model, schedule, outlierShares);
  const once = model.layers.map(({ id, output }) => {
    const { h, w } = mapOf(model, output).shape;
    const together = played[id]! + (played[twinOf(model, id) ?? -1] ?? 0);
    return together === 0 ? 0 : (h * w * macsPerPixel(model, id) * played[id]!) / together;
  });
  const bits = model.layers.map((layer) => bitsPerMac(model, layer));
  const weighted = (macs: readonly number[]): number =>
    Math.round(sum(macs.map((value, id) => value * bits[id]!)));
  const [macs, macsWithHalo] = [Math.round(sum(once)), Math.round(sum(played))];
  return {
    macs,
    macsWithHalo,
    bitOps: weighted(once),
    bitOpsWithHalo: weighted(played),
    layer8: macs * BITS_8,
    patch8: macsWithHalo * BITS_8,
  };
}

/** BitOPs per MAC of a layer: weight bits × input-map bits. */
function bitsPerMac(model: QuantModel, layer: QuantLayer): number {
  const weightBits = 'weights' in layer ? layer.weights.bits : 8;
  return weightBits * mapOf(model, layer.inputs[0]!).affine.bits;
}

/** MACs by layer as the schedule executes them, on the mean of all inputs. */
function playedMacs(
  model: QuantModel,
  schedule: Schedule,
  outlierShares: readonly number[],
): readonly number[] {
  const macs = model.layers.map(() => 0);
  for (const { layer, y0, y1, x0, x1, window } of playSchedule(model, schedule)) {
    const share = window === null ? 1 : playedShare(model, layer, outlierShares[window]);
    macs[layer]! += (y1 - y0) * (x1 - x0) * macsPerPixel(model, layer) * share;
  }
  return macs;
}

/** The share of inputs in which a window plays a layer. */
function playedShare({ arms }: QuantModel, layer: LayerId, outlierShare = 1): number {
  if (arms?.outlier.includes(layer)) return outlierShare;
  return arms?.regular.includes(layer) ? 1 - outlierShare : 1;
}

/** The layer of the other arm that computes the same. */
function twinOf({ arms }: QuantModel, layer: LayerId): LayerId | undefined {
  if (arms === null) return undefined;
  const index = Math.max(arms.outlier.indexOf(layer), arms.regular.indexOf(layer));
  return arms.outlier[index] === layer ? arms.regular[index] : arms.outlier[index];
}
