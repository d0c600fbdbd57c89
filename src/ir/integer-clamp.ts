import { roundHalfAwayFromZero } from '../util/fixed-point.ts';
import type { Clamp } from './graph.ts';
import type { IntegerClamp } from './quant-model.ts';
import { integerRange, type Affine } from './quantization.ts';

/**
 * A clamp in stored values, as TFLite's CalculateActivationRangeQuantized computes it (in float32). Where each channel has a
 * scale of its own the widest clamp serves all: each channel's range was chosen inside the real one.
 */
export function integerClamp(clamp: Clamp, output: Affine): IntegerClamp {
  const range = integerRange(output.bits);
  const quantized = (x: number): number[] =>
    Array.from(
      output.scale,
      (scale, c) => roundHalfAwayFromZero(Math.fround(x / scale)) + output.zeroPoint[c]!,
    );
  return {
    min: clamp.min === -Infinity ? range.min : Math.max(range.min, Math.min(...quantized(clamp.min))),
    max: clamp.max === Infinity ? range.max : Math.min(range.max, Math.max(...quantized(clamp.max))),
  };
}
