import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapBits } from '../../src/ir/quantization.ts';
import { StatisticsCollector } from '../../src/quant/histogram.ts';
import { affine, affineOfRange } from '../../src/quant/range.ts';
import { entropy, quantizedEntropy } from '../../src/search/entropy.ts';
import { assignBits, scoreBits, type MemoryBudget, type ScoredGroup } from '../../src/search/vdqs.ts';

describe('entropy', () => {
  it('is 0 of one value and log₂ n of n equal ones', () => {
    expect(entropy(Float64Array.of(0, 7, 0))).toBe(0);
    expect(entropy(new Float64Array(8).fill(3))).toBeCloseTo(3, 12);
    expect(entropy(new Float64Array(4))).toBe(0);
  });

  it('of stored values is that of counting them one by one', () => {
    const step = 0.25;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -8, max: 7 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom<MapBits>(8, 4, 2),
        (integers, bits) => {
          // Each value in the middle of a bin of a power-of-two width and far from the edge of a step.
          const values = Float32Array.from(integers, (q) => q * step);
          const collector = new StatisticsCollector();
          collector.add(values);
          const zero = bits === 8 ? 0 : 2 ** (bits - 1);
          const [low, high] = bits === 8 ? [-128, 127] : [0, 2 ** bits - 1];
          const counts = new Map<number, number>();
          for (const q of integers) {
            const stored = Math.min(high, Math.max(low, q + zero));
            counts.set(stored, (counts.get(stored) ?? 0) + 1);
          }
          const expected = entropy(Float64Array.from(counts.values()));
          expect(quantizedEntropy(collector.statistics.histogram, affine(step, zero, bits))).toBeCloseTo(
            expected,
            9,
          );
        },
      ),
    );
  });

  it('falls with the width', () => {
    const collector = new StatisticsCollector();
    collector.add(Float32Array.from({ length: 4096 }, (_, i) => i / 4096));
    const at = (bits: MapBits): number =>
      quantizedEntropy(collector.statistics.histogram, affineOfRange({ lo: 0, hi: 1 }, bits));
    expect(at(8)).toBeCloseTo(8, 1);
    expect(at(4)).toBeCloseTo(4, 1);
    // The outermost of the four steps hold half of what the inner ones do.
    expect(at(2)).toBeCloseTo(Math.log2(6) / 3 + (2 * Math.log2(3)) / 3, 2);
  });
});

const group = fc
  .record({
    loss4: fc.double({ min: 0, max: 1, noNaN: true }),
    more: fc.double({ min: 0, max: 1, noNaN: true }),
    whole: fc.double({ min: 0, max: 8, noNaN: true }),
    bitOpsPerBit: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ loss4, more, whole, bitOpsPerBit }) => ({
    entropy: { 8: whole, 4: whole * (1 - loss4), 2: whole * (1 - loss4) * (1 - more) },
    bitOpsPerBit,
  }));
const groups = fc
  .array(group, { minLength: 1, maxLength: 5 })
  .map((all): ScoredGroup[] => all.map((one, id) => ({ tensors: [id], ...one })));
const widths = fc.constantFrom<readonly MapBits[]>([8, 4], [8, 4, 2], [8]);
const lambda = fc.double({ min: 0, max: 1, noNaN: true });

describe('VDQS scores', () => {
  it('are −λ·Ω + (1−λ)·Φ, the highest first', () => {
    fc.assert(
      fc.property(groups, widths, lambda, (all, bits, weight) => {
        const scores = scoreBits(all, bits, weight);
        expect(scores).toHaveLength(all.length * bits.length);
        const most = Math.max(...all.map((one) => one.bitOpsPerBit * (8 - Math.min(...bits))));
        scores.forEach((scored, i) => {
          const { entropy: h, bitOpsPerBit } = scored.group;
          const omega = h[8] === 0 ? 0 : (h[8] - h[scored.bits]) / h[8];
          const phi = most === 0 ? 0 : (bitOpsPerBit * (8 - scored.bits)) / most;
          expect(scored.score).toBeCloseTo(-weight * omega + (1 - weight) * phi, 12);
          if (i > 0) expect(scored.score).toBeLessThanOrEqual(scores[i - 1]!.score);
        });
      }),
    );
  });

  it('do not depend on the order of the groups', () => {
    fc.assert(
      fc.property(groups, widths, lambda, (all, bits, weight) => {
        expect(scoreBits([...all].reverse(), bits, weight)).toEqual(scoreBits(all, bits, weight));
      }),
    );
  });
});

const FREE: MemoryBudget = { bytes: Infinity, limits: [], bytesOf: () => 0 };

/** Maps of one hundred values each in a chain: each step holds two neighbours. */
function chain(count: number, bytes: number): MemoryBudget {
  return {
    bytes,
    bytesOf: (_, bits) => (100 * bits) / 8,
    limits: Array.from({ length: count - 1 }, (_, i) => ({ step: `step ${i}`, tensors: [i, i + 1] })),
  };
}

describe('VDQS assignment', () => {
  it('takes the highest score of each group where memory is no matter', () => {
    fc.assert(
      fc.property(groups, widths, lambda, (all, bits, weight) => {
        const scores = scoreBits(all, bits, weight);
        const found = assignBits(scores, FREE).bits;
        for (const one of all) {
          const best = scores.find((scored) => scored.group === one)!;
          expect(found.get(one.tensors[0]!)).toBe(best.bits);
        }
      }),
    );
  });

  it('stays in the budget wherever the narrowest widths do', () => {
    fc.assert(
      fc.property(groups, widths, lambda, fc.integer({ min: 25, max: 250 }), (all, bits, weight, bytes) => {
        const memory = chain(all.length, bytes);
        const { bits: found, peak } = assignBits(scoreBits(all, bits, weight), memory);
        const narrowest = Math.min(...bits) as MapBits;
        const least = all.length < 2 ? 0 : 2 * memory.bytesOf(0, narrowest);
        const bytesAt = memory.limits.map(({ tensors }) =>
          tensors.reduce((total, tensor) => total + memory.bytesOf(tensor, found.get(tensor)!), 0),
        );
        expect(peak.bytes).toBe(Math.max(0, ...bytesAt));
        if (least <= bytes) expect(peak.bytes).toBeLessThanOrEqual(bytes);
        else expect(peak.bytes).toBe(least);
      }),
    );
  });

  it('narrows the group of the lower score where two do not fit at 8 bits', () => {
    const wide = (id: number, loss: number): ScoredGroup => ({
      tensors: [id],
      entropy: { 8: 8, 4: 8 * (1 - loss), 2: 1 },
      bitOpsPerBit: 0,
    });
    const scores = scoreBits([wide(0, 0.2), wide(1, 0.6)], [8, 4], 0.5);
    // Both want 8 bits with a score of 0; the earlier one is asked first.
    expect([...assignBits(scores, chain(2, 150)).bits]).toEqual([
      [0, 8],
      [1, 4],
    ]);
  });

  it('gives all tensors of a group one width', () => {
    const shared: ScoredGroup = { tensors: [3, 5], entropy: { 8: 4, 4: 4, 2: 4 }, bitOpsPerBit: 10 };
    expect([...assignBits(scoreBits([shared], [8, 4, 2], 0.4), FREE).bits]).toEqual([
      [3, 2],
      [5, 2],
    ]);
  });
});
