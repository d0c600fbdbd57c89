import type { IntegerClamp } from '../../ir/quant-model.ts';
import type { Requant } from '../../ir/quantization.ts';
import { multiplyByQuantizedMultiplier, multiplyWithSingleRounding } from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';
import { perChannel } from '../../util/per-channel.ts';

/** Turns the accumulators of all channels of one pixel into stored values, from arena index `at` on. */
export type StorePixel = (accumulators: Int32Array, arena: Int8Array, at: number) => void;

/** How a layer requantizes; `zeroPoint` has an entry for each output channel. */
export function prepareStore(requant: Requant, zeroPoint: Int32Array, limits: IntegerClamp): StorePixel {
  const { min, max } = limits;
  const channels = zeroPoint.length;
  const multiplier = perChannel(requant.multiplier, channels);
  if (requant.rounding === 'single') {
    const { shift } = requant;
    return (accumulators, arena, at) => {
      for (let c = 0; c < channels; c++) {
        const value = multiplyWithSingleRounding(accumulators[c]!, multiplier[c]!, shift);
        arena[at + c] = clamp(value + zeroPoint[c]!, min, max);
      }
    };
  }
  const shift = perChannel(requant.shift, channels);
  return (accumulators, arena, at) => {
    for (let c = 0; c < channels; c++) {
      const value = multiplyByQuantizedMultiplier(accumulators[c]!, multiplier[c]!, shift[c]!);
      arena[at + c] = clamp(value + zeroPoint[c]!, min, max);
    }
  };
}
