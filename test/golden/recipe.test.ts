import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { choleskyFactor, solveCholesky } from '../../src/quant/recipe/cholesky.ts';
import { roundByGptq } from '../../src/quant/recipe/gptq.ts';
import { crossProduct, gramMatrix, type Matrix } from '../../src/quant/recipe/products.ts';
import { fitRidge, type NormalEquations } from '../../src/quant/recipe/ridge.ts';

/** Made by scripts/golden/recipe.py. */
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'recipe.json'), 'utf8')) as {
  readonly [K in 'rows' | 'taps' | 'outputs' | 'heldFrom' | 'limit' | 'ridge']: number;
} & { readonly [K in 'x' | 'r' | 'gram' | 'cholesky' | 'solution' | 'fitted' | 'weights' | 'steps' | 'gptq']: number[] };

const { rows, taps, outputs, heldFrom } = golden;
const x: Matrix = { rows, columns: taps, values: Float32Array.from(golden.x) };
const r: Matrix = { rows, columns: outputs, values: Float32Array.from(golden.r) };

function equations(from: number, to: number): NormalEquations {
  const count = to - from;
  return {
    gram: gramMatrix(x, { from, to }).map((value) => value / count),
    cross: crossProduct(x, r, { from, to }).map((value) => value / count),
  };
}

function expectClose(actual: Float64Array | null, expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual![i]! - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
  });
}

describe('the recipe computes what NumPy does', () => {
  it('sums of products', () => {
    expectClose(equations(0, rows).gram, golden.gram, 1e-6);
  });

  it('Cholesky factors and solutions', () => {
    const factor = choleskyFactor(Float64Array.from(golden.gram), taps);
    expectClose(factor, golden.cholesky, 1e-12);
    expectClose(solveCholesky(factor!, taps, equations(0, rows).cross, outputs), golden.solution, 1e-4);
  });

  it('ridge regression, its strength chosen on rows held out', () => {
    const all = equations(0, rows);
    const change = fitRidge(equations(0, heldFrom), equations(heldFrom, rows), all, taps, outputs);
    expectClose(change, golden.fitted, 1e-4);
  });

  it('GPTQ', () => {
    const integers = roundByGptq(Float64Array.from(golden.weights), Float64Array.from(golden.gram), taps, {
      steps: Float64Array.from(golden.steps),
      limit: golden.limit,
      rows,
    });
    expect([...integers!]).toEqual(golden.gptq);
    const nearest = golden.weights.map((weight, i) => Math.round(weight / golden.steps[Math.floor(i / taps)]!));
    expect([...integers!]).not.toEqual(nearest);
  });
});
