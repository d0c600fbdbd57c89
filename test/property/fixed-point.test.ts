import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INT32_MAX,
  INT32_MIN,
  multiplyByQuantizedMultiplier,
  multiplyHigh,
  multiplyWithSingleRounding,
  quantizeMultiplier,
  roundHalfAwayFromZero,
  roundingDivideByPOT,
  saturatingRoundingDoublingHighMul,
  splitFloat,
} from '../../src/util/fixed-point.ts';

/** The definitions of gemmlowp and TFLite in unbounded integers. */
const exact = {
  doublingHighMul(a: bigint, b: bigint): bigint {
    if (a === b && a === -(2n ** 31n)) return 2n ** 31n - 1n;
    const product = a * b;
    const nudge = product >= 0n ? 2n ** 30n : 1n - 2n ** 30n;
    return (product + nudge) / 2n ** 31n;
  },
  divideByPOT(x: bigint, exponent: bigint): bigint {
    const half = exponent === 0n ? 0n : 2n ** (exponent - 1n);
    return x >= 0n ? (x + half) / 2n ** exponent : -((-x + half) / 2n ** exponent);
  },
};

/** int32 values, the edges and the powers of two among them. */
const int32 = fc.oneof(
  fc.integer({ min: INT32_MIN, max: INT32_MAX }),
  fc.constantFrom(INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX),
  fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 1))
    .map(([power, offset, sign]) => sign * 2 ** power + offset),
);
const runs = { numRuns: 20_000 };

describe('fixed-point arithmetic against unbounded integers', () => {
  it('takes the high word of a product', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        expect(multiplyHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
      }),
      runs,
    );
  });

  it('multiplies high with doubling, rounding and saturation', () => {
    expect(saturatingRoundingDoublingHighMul(INT32_MIN, INT32_MIN)).toBe(INT32_MAX);
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        const expected = Number(exact.doublingHighMul(BigInt(a), BigInt(b)));
        expect(saturatingRoundingDoublingHighMul(a, b)).toBe(expected);
      }),
      runs,
    );
  });

  it('rounds exact halves of the doubling product towards +∞', () => {
    expect(saturatingRoundingDoublingHighMul(1, 2 ** 30)).toBe(1);
    expect(saturatingRoundingDoublingHighMul(-1, 2 ** 30)).toBe(0);
  });

  it('divides by powers of two, halves away from zero', () => {
    fc.assert(
      fc.property(int32, fc.integer({ min: 0, max: 31 }), (x, exponent) => {
        expect(roundingDivideByPOT(x, exponent)).toBe(Number(exact.divideByPOT(BigInt(x), BigInt(exponent))));
      }),
      runs,
    );
  });

  it('applies a quantized multiplier in two rounding steps', () => {
    fc.assert(
      fc.property(
        int32,
        fc.integer({ min: 2 ** 30, max: INT32_MAX }),
        fc.integer({ min: -31, max: 30 }),
        (x, multiplier, shift) => {
          const shifted = BigInt(x) << BigInt(Math.max(shift, 0));
          fc.pre(shifted >= BigInt(INT32_MIN) && shifted <= BigInt(INT32_MAX));
          const high = exact.doublingHighMul(shifted, BigInt(multiplier));
          const expected = exact.divideByPOT(high, BigInt(Math.max(-shift, 0)));
          expect(multiplyByQuantizedMultiplier(x, multiplier, shift)).toBe(Number(expected));
        },
      ),
      runs,
    );
  });

  it('rounds once, half up, in single mode', () => {
    fc.assert(
      fc.property(
        int32,
        fc.integer({ min: 0, max: INT32_MAX }),
        fc.integer({ min: 1, max: 22 }),
        (x, multiplier, shift) => {
          const total = 32n + BigInt(shift);
          const expected = (BigInt(x) * BigInt(multiplier) + 2n ** (total - 1n)) >> total;
          expect(multiplyWithSingleRounding(x, multiplier, shift)).toBe(Number(expected));
        },
      ),
      runs,
    );
  });
});

describe('scales as fixed-point multipliers', () => {
  const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

  it('splits a float exactly into a fraction and a power of two', () => {
    fc.assert(
      fc.property(positive, (x) => {
        const { fraction, exponent } = splitFloat(x);
        expect(fraction).toBeGreaterThanOrEqual(0.5);
        expect(fraction).toBeLessThan(1);
        // 2^exponent alone may overflow or vanish.
        const half = Math.trunc(exponent / 2);
        expect(fraction * 2 ** half * 2 ** (exponent - half)).toBe(x);
      }),
      runs,
    );
  });

  it('keeps 31 bits of a scale', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -31, max: 2 ** 20, noNaN: true }), (scale) => {
        const { multiplier, shift } = quantizeMultiplier(scale);
        expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
        expect(multiplier).toBeLessThan(2 ** 31);
        expect(Math.abs(multiplier * 2 ** (shift - 31) - scale)).toBeLessThanOrEqual(2 ** (shift - 32));
      }),
      runs,
    );
  });

  it('carries into the exponent, and ends at zero', () => {
    expect(quantizeMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 2 ** 30, shift: 1 });
    expect(quantizeMultiplier(0.5)).toEqual({ multiplier: 2 ** 30, shift: 0 });
    expect(quantizeMultiplier(0)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -33)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -32)).toEqual({ multiplier: 2 ** 30, shift: -31 });
  });

  it('rounds halves away from zero, and nothing else up', () => {
    expect([0.5, 1.5, -0.5, -1.5, 0.49999999999999994, -0.3].map(roundHalfAwayFromZero)).toEqual([
      1, 2, -1, -2, 0, 0,
    ]);
  });
});
