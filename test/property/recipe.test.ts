import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorOf, type Graph } from '../../src/ir/graph.ts';
import { mapOf } from '../../src/ir/quant-model.ts';
import type { MapBits } from '../../src/ir/quantization.ts';
import { choleskyFactor, solveCholesky } from '../../src/quant/recipe/cholesky.ts';
import { roundByGptq } from '../../src/quant/recipe/gptq.ts';
import { samplePositions } from '../../src/quant/recipe/positions.ts';
import { gramMatrix, multiply } from '../../src/quant/recipe/products.ts';
import { refineNetwork, type RefinedNetwork } from '../../src/quant/recipe/refine.ts';
import { skipBeside } from '../../src/quant/recipe/skip.ts';
import type { RecipeStep } from '../../src/quant/recipe/steps.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { decodePort, encodeInput } from '../../src/quant/ports.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { floatModel, sampleOf, sharpened } from '../support/float-models.ts';

function randomMatrix(rows: number, columns: number, seed: number) {
  const random = mulberry32(seed);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random() - 0.5) };
}

const size = fc.integer({ min: 1, max: 12 });
const seed = fc.integer();

describe('linear algebra of the recipe', () => {
  it('solves what it multiplies', () => {
    fc.assert(
      fc.property(size, size, seed, (n, columns, of) => {
        const gram = gramMatrix(randomMatrix(3 * n + 5, n, of), { from: 0, to: 3 * n + 5 });
        for (let i = 0; i < n; i++) gram[i * n + i]! += 0.1;
        const x = Float64Array.from(randomMatrix(n, columns, of + 1).values);
        const solved = solveCholesky(choleskyFactor(gram, n)!, n, multiply(gram, n, x, columns), columns);
        solved.forEach((value, i) => {
          expect(value).toBeCloseTo(x[i]!, 8);
        });
      }),
    );
  });

  it('has no factor for what is not positive definite', () => {
    expect(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
  });

  it('rounds inputs that know nothing of each other to the nearest', () => {
    fc.assert(
      fc.property(size, seed, (n, of) => {
        const weights = Float64Array.from(randomMatrix(1, n, of).values);
        const identity = new Float64Array(n * n);
        for (let i = 0; i < n; i++) identity[i * n + i] = 1 + i;
        const rounded = roundByGptq(weights, identity, n, {
          steps: Float64Array.of(0.1),
          limit: 7,
          rows: 100,
        });
        expect(rounded).toEqual(Int8Array.from(weights, (weight) => Math.round(weight / 0.1)));
      }),
    );
  });
});

describe('sampled positions', () => {
  it('are distinct, inside, and every fourth image comes last', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 40 }), seed, (h, w, images, of) => {
        const { positions, heldFrom } = samplePositions({ h, w, c: 1 }, images, of);
        expect(new Set(positions.map(({ image, y, x }) => `${image},${y},${x}`)).size).toBe(positions.length);
        expect(positions.every(({ y, x }) => y >= 0 && y < h && x >= 0 && x < w)).toBe(true);
        expect(positions.map(({ image }) => image % 4 === 3)).toEqual(positions.map((_, i) => i >= heldFrom));
      }),
    );
  });
});

/** Mean squared error of the classifier's input over inputs that were not fitted. */
async function errorWith(
  graph: Graph,
  steps: readonly RecipeStep[],
  weightBits: number,
  mapBits: MapBits = 8,
): Promise<number> {
  const images = 40;
  const statistics = await collectStatistics(graph, images, (i) => [sampleOf(graph, i)], undefined, {
    byChannel: true,
  });
  const plain = {
    rounding: 'single',
    rawTypes: ['float'],
    preprocessing: { mean: [0], std: [1] },
    bits: new Map(graph.tensors.map(({ id }) => [id, mapBits])),
    weightBits: new Map(graph.nodes.map(({ id }) => [id, weightBits])),
  } as const;
  const refined: Pick<RefinedNetwork, 'graph' | 'weightSteps' | 'narrowed'> =
    steps.length === 0
      ? { graph, weightSteps: new Map<number, Float64Array>() }
      : await refineNetwork(graph, statistics, plain, new Set(steps), {
          count: images,
          sample: (i) => [sampleOf(graph, i)],
        });
  const model = quantizeModel(refined.graph, statistics, {
    ...plain,
    weightSteps: refined.weightSteps,
    narrowed: refined.narrowed ?? new Map(),
  });
  const { schedule, memory } = planWholeTensors(model);
  const run = prepareInteger(model, schedule, memory);
  let total = 0;
  for (let i = images; i < images + 24; i++) {
    const sample = sampleOf(graph, i);
    const [expected] = await runFloat(graph, [sample]);
    const [bytes] = run([encodeInput(model, model.inputs[0]!, sample, 'float')]);
    decodePort(model, model.outputs[0]!, bytes!).forEach((value, at) => {
      total += (value - expected![at]!) ** 2;
    });
  }
  expect(mapOf(model, model.outputs[0]!.map).shape).toEqual(tensorOf(graph, graph.outputs[0]!.tensor).shape);
  return total;
}

describe('a network with narrow weights', () => {
  it('comes closer to its floats with each step', async () => {
    const graph = floatModel();
    const plain = await errorWith(graph, [], 3);
    expect(await errorWith(graph, ['bias'], 3)).toBeLessThan(plain);
    expect(await errorWith(graph, ['gptq', 'bias'], 3)).toBeLessThan(plain);
    expect(await errorWith(graph, ['reconstruct', 'bias'], 3)).toBeLessThan(plain);
  });

  it('gives the same bits again', async () => {
    const graph = floatModel();
    expect(await errorWith(graph, ['reconstruct', 'gptq', 'bias'], 4)).toBe(
      await errorWith(graph, ['reconstruct', 'gptq', 'bias'], 4),
    );
  });
});

describe('a network with narrow maps', () => {
  it('comes closer to its floats with ranges chosen anew', async () => {
    const graph = sharpened(floatModel(), 40);
    const errorOf = (...steps: readonly RecipeStep[]): Promise<number> => errorWith(graph, steps, 8, 4);
    const ranged = await errorOf('reconstruct', 'bias', 'ranges');
    expect(ranged).toBeLessThan(await errorOf('reconstruct', 'bias'));
    expect(ranged).toBeLessThan(await errorOf());
  });

  it('has one layer that can make good what a skip has lost', () => {
    const graph = floatModel();
    const add = graph.nodes.find((node) => node.kind === 'add')!;
    const found = graph.nodes.flatMap((node) =>
      'weights' in node ? [[node.output, skipBeside(graph, node)] as const] : [],
    );
    expect(found.filter(([, skip]) => skip !== null)).toEqual([[add.inputs[0], add.inputs[1]]]);
  });

  it('keeps ranges where all maps have 8 bits', async () => {
    const graph = floatModel();
    expect(await errorWith(graph, ['bias', 'ranges'], 8)).toBe(await errorWith(graph, ['bias'], 8));
  });
});
