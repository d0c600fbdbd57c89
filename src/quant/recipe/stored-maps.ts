import { integerRange, type Affine } from '../../ir/quantization.ts';
import { clamp } from '../../util/math.ts';

/** The integers of real values, channels innermost; `offset` as in `RealWeights`. */
export function storeValues(
  values: Float32Array,
  affine: Affine,
  offset: Float64Array | null = null,
): Int8Array {
  const { min, max } = integerRange(affine.bits);
  const channels = Math.max(affine.scale.length, offset?.length ?? 1);
  const perUnit = Float64Array.from(
    { length: channels },
    (_, c) => 1 / affine.scale[c % affine.scale.length]!,
  );
  const shift = Float64Array.from({ length: channels }, (_, c) =>
    offset === null ? 0 : offset[c % offset.length]!,
  );
  const zeroPoint = Int32Array.from(
    { length: channels },
    (_, c) => affine.zeroPoint[c % affine.zeroPoint.length]!,
  );
  const stored = new Int8Array(values.length);
  for (let i = 0, c = 0; i < values.length; i++) {
    stored[i] = clamp(Math.round(values[i]! * perUnit[c]! - shift[c]!) + zeroPoint[c]!, min, max);
    if (++c === channels) c = 0;
  }
  return stored;
}

/** scale · (q − zero point) of stored values: what accumulators see. */
export function realOfStored(stored: Int8Array, { scale, zeroPoint }: Affine): Float32Array {
  const channels = scale.length;
  const values = new Float32Array(stored.length);
  for (let i = 0, c = 0; i < stored.length; i++) {
    values[i] = scale[c]! * (stored[i]! - zeroPoint[c]!);
    if (++c === channels) c = 0;
  }
  return values;
}
