import type { TensorType, TfliteQuantization } from './schema.ts';

/** uint8 values and zero points are kept as int8 ones, 128 lower. */
export const UINT8_OFFSET = 128;

/** What is wrong with the quantization of a tensor that has `channels` along its axis; null where it can be used. */
export function checkQuantization(
  quantization: TfliteQuantization,
  type: TensorType,
  channels: number,
): string | null {
  const { scale, zeroPoint } = quantization;
  const [lowest, highest] =
    type === 'uint8' ? [0, 255] : type === 'int16' ? [-(2 ** 15), 2 ** 15 - 1] : [-128, 127];
  if (scale.length !== 1 && scale.length !== channels)
    return `${scale.length} scales for ${channels} channels`;
  if (zeroPoint.length !== scale.length) return `${scale.length} scales but ${zeroPoint.length} zero points`;
  if (!scale.every((s) => Number.isFinite(s) && s > 0)) return 'a scale is not a positive number';
  if (!zeroPoint.every((z) => z >= lowest && z <= highest))
    return `a zero point is outside the range of ${type}`;
  return null;
}

/** Scales and zero points as the compiler keeps them: those of int8 values. */
export function shiftQuantization(
  q: TfliteQuantization,
  type: TensorType,
): { scale: Float64Array; zeroPoint: Int32Array } {
  const offset = type === 'uint8' ? UINT8_OFFSET : 0;
  return { scale: Float64Array.from(q.scale), zeroPoint: Int32Array.from(q.zeroPoint, (z) => z - offset) };
}
