import { assert } from '../util/never.ts';
import type { MapShape } from './geometry.ts';

/** The shape of two operands value by value, an extent of 1 serving all of the other's; null where they do not fit. */
export function broadcastShape(a: MapShape, b: MapShape): MapShape | null {
  const fits = (x: number, y: number): boolean => x === y || x === 1 || y === 1;
  if (!fits(a.h, b.h) || !fits(a.w, b.w) || !fits(a.c, b.c)) return null;
  return { h: Math.max(a.h, b.h), w: Math.max(a.w, b.w), c: Math.max(a.c, b.c) };
}

/** The shape of a constant operand, which is [h, w, c]. */
export function operandShape({ shape }: { readonly shape: readonly number[] }): MapShape {
  const [h, w, c] = shape;
  assert(
    shape.length === 3 && h !== undefined && w !== undefined && c !== undefined,
    'an operand has three axes',
  );
  return { h, w, c };
}
