import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRequant } from '../../src/quant/add.ts';
import type { Histogram } from '../../src/quant/histogram-bins.ts';
import { mergeStatistics, StatisticsCollector } from '../../src/quant/histogram.ts';
import { affine, affineOfRange, leastErrorRange } from '../../src/quant/range.ts';
import { fineSingleRequant, requantOf, SINGLE_SCALE_LIMIT } from '../../src/quant/requant.ts';
import { softmaxScaling } from '../../src/quant/softmax.ts';
import { pointwiseTable, requantizeTable } from '../../src/quant/tables.ts';
import type { WeightLayout } from '../../src/ir/weight-layout.ts';
import { quantizeWeights } from '../../src/quant/weights.ts';
import { integerRange, type Affine } from '../../src/ir/quantization.ts';
import { INT32_MAX, INT32_MIN, multiplyByQuantizedMultiplier } from '../../src/util/fixed-point.ts';

/** Where float32 loses digits, and −0 and 0 differ, is no business of a feature map's. */
const withoutDust = (value: number): number => (Math.abs(value) < 2 ** -60 ? 0 : value);
const values = fc
  .tuple(
    fc.array(fc.float({ min: -8, max: 8, noNaN: true }).map(withoutDust), { minLength: 1, maxLength: 300 }),
    fc.integer({ min: -20, max: 20 }),
  )
  .map(([list, power]) => Float32Array.from(list, (value) => value * 2 ** power));
const zeroPoints = fc.integer({ min: -128, max: 127 });
const scales = fc.double({ min: 1e-6, max: 4, noNaN: true }).map(Math.fround);
const affines = fc.tuple(scales, zeroPoints).map(([scale, zeroPoint]) => affine(scale, zeroPoint));

function collect(...batches: readonly Float32Array[]) {
  const collector = new StatisticsCollector();
  for (const batch of batches) collector.add(batch);
  return collector.statistics;
}

/** How many zeros there are, and the bins that hold something: lower edge and count. */
function occupied({ binWidth, counts, zeros }: Histogram): readonly (readonly [number, number])[] {
  const bins = Array.from(counts, (count, i) => [(i - counts.length / 2) * binWidth, count] as const);
  return [[NaN, zeros], ...bins.filter(([, count]) => count > 0)];
}

/** What a stored map makes of a real value. */
function roundTrip(x: number, { scale, zeroPoint, bits }: Affine): number {
  const { min, max } = integerRange(bits);
  const q = Math.min(max, Math.max(min, Math.round(x / scale[0]!) + zeroPoint[0]!));
  return scale[0]! * (q - zeroPoint[0]!);
}

const squaredError = (list: Float32Array, to: Affine): number =>
  list.reduce((total, x) => total + (x - roundTrip(x, to)) ** 2, 0);

describe('statistics', () => {
  it('are those of the values, however they come in batches', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const all = Float32Array.from([...a, ...b]);
        const statistics = collect(a, b);
        const mean = all.reduce((x, y) => x + y, 0) / all.length;
        const largest = Math.max(...all.map(Math.abs), Number.MIN_VALUE);
        expect(statistics).toMatchObject({ count: all.length, min: Math.min(...all), max: Math.max(...all) });
        expect(Math.abs(statistics.mean - mean) / largest).toBeLessThan(1e-9);
        expect(occupied(statistics.histogram)).toEqual(occupied(collect(all).histogram));
        const { counts, zeros } = statistics.histogram;
        expect(counts.reduce((x, y) => x + y, 0) + zeros).toBe(all.length);
      }),
    );
  });

  it('of several tensors merge into those of all their values', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = mergeStatistics([collect(a), collect(b)]);
        const whole = collect(Float32Array.from([...a, ...b]));
        expect(occupied(merged.histogram)).toEqual(occupied(whole.histogram));
        expect(merged.max).toBe(whole.max);
        const tolerance = 1e-6 * Math.max(whole.max, -whole.min) ** 2;
        expect(Math.abs(merged.variance - whole.variance)).toBeLessThanOrEqual(tolerance);
      }),
    );
  });
});

describe('ranges of 8-bit maps', () => {
  it('represent zero exactly and every value within half a step', () => {
    fc.assert(
      fc.property(values, (list) => {
        const to = affineOfRange({ lo: Math.min(0, ...list), hi: Math.max(0, ...list) });
        expect(roundTrip(0, to)).toBe(0);
        expect(Math.fround(to.scale[0]!)).toBe(to.scale[0]);
        // The zero point is rounded, which moves the ends by up to half a step more.
        for (const x of list)
          expect(Math.abs(roundTrip(x, to) - x)).toBeLessThanOrEqual(to.scale[0]! * 1.001);
      }),
    );
  });

  it('chosen by least error are no worse than the whole range', () => {
    fc.assert(
      fc.property(values, (list) => {
        const chosen = affineOfRange(leastErrorRange(collect(list)));
        const whole = affineOfRange({ lo: Math.min(0, ...list), hi: Math.max(0, ...list) });
        // A histogram knows values to a bin, of which there are at least eight a step.
        const slack = (list.length * whole.scale[0]! ** 2) / 4;
        expect(squaredError(list, chosen)).toBeLessThanOrEqual(squaredError(list, whole) + slack);
      }),
    );
  });

  it('leave out what is far away and rare', () => {
    const bulk = Float32Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i));
    const { lo, hi } = leastErrorRange(collect(bulk, Float32Array.of(1.8)));
    expect(hi).toBeLessThan(1.4);
    expect(lo).toBeLessThan(-0.9);
  });
});

describe('requantization', () => {
  const singleScales = fc.array(fc.double({ min: 2 ** -20, max: SINGLE_SCALE_LIMIT * 0.999, noNaN: true }), {
    minLength: 1,
  });

  it('in single mode multiplies by the nearest whole number of 2^-32', () => {
    fc.assert(
      fc.property(singleScales, (all) => {
        const requant = requantOf(Float64Array.from(all), 'single');
        if (requant?.rounding !== 'single') throw new Error('no requantization');
        all.forEach((scale, c) => {
          const units = requant.multiplier[c]! / 2 ** requant.shift;
          expect(Number.isInteger(units)).toBe(true);
          expect(Math.abs(units / 2 ** 32 - scale)).toBeLessThanOrEqual(2 ** -33);
        });
      }),
    );
  });

  it('of a dense layer in single mode keeps 31 bits of the largest scale', () => {
    fc.assert(
      fc.property(singleScales, (all) => {
        const requant = fineSingleRequant(Float64Array.from(all));
        if (requant?.rounding !== 'single') throw new Error('no requantization');
        const { multiplier, shift } = requant;
        expect(shift).toBeGreaterThanOrEqual(1);
        expect(shift).toBeLessThanOrEqual(22);
        all.forEach((scale, c) => {
          expect(Math.abs(multiplier[c]! / 2 ** (32 + shift) - scale)).toBeLessThanOrEqual(
            2 ** -(33 + shift),
          );
        });
        if (shift < 22) expect(Math.max(...multiplier)).toBeGreaterThanOrEqual(2 ** 30 - 1);
      }),
    );
  });

  it('in single mode refuses scales that its multiplier cannot hold', () => {
    expect(requantOf(Float64Array.of(0.25), 'single')).toBeNull();
    expect(requantOf(Float64Array.of(SINGLE_SCALE_LIMIT * (1 - 2 ** -30)), 'single')).not.toBeNull();
  });

  it('of a sum stays in int32 and within a step of the real sum', () => {
    fc.assert(
      fc.property(affines, affines, affines, zeroPoints, zeroPoints, (a, b, output, x, y) => {
        const requant = addRequant(a, b, output, 'single');
        fc.pre(requant?.rounding === 'single');
        const { multiplier, offset, shift } = requant;
        const exact =
          (a.scale[0]! * (x - a.zeroPoint[0]!) + b.scale[0]! * (y - b.zeroPoint[0]!)) / output.scale[0]! +
          output.zeroPoint[0]!;
        const sum = x * multiplier[0] + y * multiplier[1] + offset;
        expect(sum).toBeGreaterThanOrEqual(INT32_MIN);
        expect(sum).toBeLessThanOrEqual(INT32_MAX);
        const rounding = 0.5 + (255 * 2 * 0.5) / 2 ** shift;
        expect(Math.abs((sum >> shift) - exact)).toBeLessThanOrEqual(rounding + 1e-6);
      }),
    );
  });

  it('of softmax inputs brings real differences to Q5.26', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 2, noNaN: true }).map(Math.fround), (scale) => {
        const { inputMultiplier, inputLeftShift, diffMin } = softmaxScaling(1, scale);
        expect(diffMin).toBeLessThanOrEqual(-1);
        // The largest difference that counts is the last whose scaled value fits in five integer bits.
        const scaled = (inputMultiplier / 2 ** 31) * 2 ** inputLeftShift;
        expect(scaled / (scale * 2 ** 26)).toBeCloseTo(1, 8);
        expect(-diffMin * 2 ** inputLeftShift).toBeLessThanOrEqual(31 * 2 ** 26);
      }),
    );
  });
});

describe('tables', () => {
  it('of TFLite’s requantization equal its two rounding steps, and are within one of the real value', () => {
    fc.assert(
      fc.property(affines, affines, (input, output) => {
        fc.pre(input.scale[0]! / output.scale[0]! < 2 ** 20);
        const [twice, once] = [
          requantizeTable(input, output, 'tflite'),
          requantizeTable(input, output, 'single'),
        ];
        twice.forEach((value, i) => {
          expect(Math.abs(value - once[i]!)).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it('of ReLU6 lie between the images of 0 and 6', () => {
    const table = pointwiseTable({ name: 'relu6' }, affine(0.1, 0), affine(0.05, -100), 'tflite');
    expect([table[0], table[128], table[128 + 10], table[255]]).toEqual([-100, -100, -80, 20]);
  });

  it('of a leaky ReLU follow TFLite below zero', () => {
    const table = pointwiseTable({ name: 'leaky-relu', slope: 0.25 }, affine(1, 0), affine(1, 0), 'tflite');
    // 0.25 is 2^30 · 2^−1 in Q31.
    table.forEach((value, i) => {
      const q = i - 128;
      expect(value).toBe(q < 0 ? multiplyByQuantizedMultiplier(q, 2 ** 30, -1) : q);
    });
  });
});

describe('weights', () => {
  const layout: WeightLayout = {
    outputChannels: 3,
    taps: 4,
    at: (channel, tap) => channel * 4 + tap,
    inputChannel: (_channel, tap) => tap % 2,
  };
  const inputs = fc.record({
    weights: fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 12, maxLength: 12 }),
    bias: fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 3, maxLength: 3 }),
    scale: fc.tuple(scales, scales),
    offset: fc.tuple(
      fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    ),
  });

  it('stand for the real ones within half a step, biases too, whatever the scales of the input channels', () => {
    fc.assert(
      fc.property(inputs, ({ weights, bias, scale, offset }) => {
        const real = Float32Array.from(weights);
        const { weights: integer, accumulatorScale } = quantizeWeights(
          {
            weights: real,
            bias: Float32Array.from(bias),
            inputScale: Float64Array.from(scale),
            inputOffset: Float64Array.from(offset),
          },
          layout,
        );
        for (let channel = 0; channel < 3; channel++) {
          const step = accumulatorScale[channel]!;
          let expectedBias = Math.fround(bias[channel]!);
          for (let tap = 0; tap < 4; tap++) {
            const folded = real[channel * 4 + tap]! * scale[tap % 2]!;
            const q = integer.data[channel * 4 + tap]!;
            expect(Math.abs(q)).toBeLessThanOrEqual(127);
            expect(Math.abs(q * step - folded)).toBeLessThanOrEqual(step * 0.5001);
            expectedBias += folded * offset[tap % 2]!;
          }
          expect(Math.abs(integer.bias[channel]! * step - expectedBias)).toBeLessThanOrEqual(step * 0.5001);
        }
      }),
    );
  });

  it('of nothing but zeros keep a bias that is fine enough', () => {
    const { weights, accumulatorScale } = quantizeWeights(
      {
        weights: new Float32Array(12),
        bias: Float32Array.of(0, 1.5, -1e6),
        inputScale: Float64Array.of(0.02),
        inputOffset: null,
      },
      layout,
    );
    expect(Array.from(weights.data)).toEqual(new Array(12).fill(0));
    [0, 1.5, -1e6].forEach((bias, channel) => {
      const error = Math.abs(weights.bias[channel]! * accumulatorScale[channel]! - bias);
      expect(error).toBeLessThanOrEqual(accumulatorScale[channel]! / 2);
      expect(accumulatorScale[channel]!).toBeLessThan(0.01);
    });
  });
});
