import { describe, expect, it } from 'vitest';
import { measureAccuracy, type Scored } from '../../src/report/accuracy.ts';

const scored = (float: number[], quantized: number[], label: number): Scored => ({
  float: Float32Array.from(float),
  quantized: Float32Array.from(quantized),
  label,
});

describe('measureAccuracy', () => {
  it('counts hits, agreement and the paired error of the drop', () => {
    const result = measureAccuracy(
      [
        scored([0.9, 0.1], [0.8, 0.2], 0),
        scored([0.9, 0.1], [0.4, 0.6], 0),
        scored([0.2, 0.8], [0.3, 0.7], 0),
        scored([0.2, 0.8], [0.6, 0.4], 0),
      ],
      0,
    );
    expect(result.top1).toEqual({ float: 50, quantized: 50 });
    expect(result.drop).toBe(0);
    expect(result.agreement).toBe(0.5);
    // Per-input losses 0, 1, 0, −1: variance 2/3, standard error √(2/3/4).
    expect(result.dropStdErr).toBeCloseTo(100 * Math.sqrt(2 / 3 / 4), 10);
  });

  it('has a divergence of 0 for equal scores, and of Σ p ln(p/q) for others, logits or probabilities', () => {
    const same = measureAccuracy([scored([0.25, 0.75], [0.25, 0.75], 0)], 0);
    expect(same.kl).toBe(0);
    const expected = 0.25 * Math.log(0.25 / 0.5) + 0.75 * Math.log(0.75 / 0.5);
    expect(measureAccuracy([scored([0.25, 0.75], [0.5, 0.5], 0)], 0).kl).toBeCloseTo(expected, 6);
    const logits = measureAccuracy([scored([5, 5 + Math.log(3)], [7, 7], 0)], 0);
    expect(logits.kl).toBeCloseTo(expected, 6);
  });

  it('never takes a background output for a class', () => {
    const result = measureAccuracy([scored([0.9, 0.1, 0], [0.9, 0, 0.1], 1)], 1);
    expect(result.top1).toEqual({ float: 100, quantized: 0 });
  });

  it('says null where there is nothing to compare', () => {
    const result = measureAccuracy([{ float: Float32Array.of(1, 0), quantized: null, label: null }], 0);
    expect(result).toEqual({
      n: 1,
      top1: { float: null, quantized: null },
      drop: null,
      dropStdErr: null,
      agreement: null,
      kl: null,
    });
  });
});
