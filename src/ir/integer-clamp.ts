import { roundHalfAwayFromZero } from '../util/fixed-point.ts';
import { clamp } from '../util/math.ts';
import type { Clamp } from './graph.ts';
import type { IntegerClamp } from './quant-model.ts';
import { integerRange, type Affine } from './quantization.ts';

/** A real value as the integer of each scale that is nearest to it. */
export function nearestStored(value: number, { bits, scale, zeroPoint }: Affine): Int8Array {
  const { min, max } = integerRange(bits);
  return Int8Array.from(scale, (step, c) =>
    clamp(roundHalfAwayFromZero(value / step) + zeroPoint[c]!, min, max),
  );
}

/**
 * A clamp in stored values, as TFLite's CalculateActivationRangeQuantized computes it (in float32). Where each channel has a
 * scale of its own the widest clamp serves all: each channel's range was chosen inside the real one.
 */
export function integerClamp(limits: Clamp, output: Affine): IntegerClamp {
  const range = integerRange(output.bits);
  const quantized = (x: number): number[] =>
    Array.from(
      output.scale,
      (scale, c) => roundHalfAwayFromZero(Math.fround(x / scale)) + output.zeroPoint[c]!,
    );
  return {
    min: limits.min === -Infinity ? range.min : Math.max(range.min, Math.min(...quantized(limits.min))),
    max: limits.max === Infinity ? range.max : Math.min(range.max, Math.max(...quantized(limits.max))),
  };
}
