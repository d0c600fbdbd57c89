import { expect, it } from 'vitest';
import { mapOf } from '../../src/ir/quant-model.ts';
import type { Graph, Node } from '../../src/ir/graph.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { refineNetwork } from '../../src/quant/recipe/refine.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { floatModel, sampleOf } from '../support/float-models.ts';

const IMAGES = 16;

/** The network with an output of its pointwise convolution that has only zeros for weights. */
function withZeroRow(graph: Graph): Graph {
  const nodes = graph.nodes.map((node): Node => {
    if (node.kind !== 'conv' || node.window.kernel.h !== 1 || node.weights.kind !== 'float') return node;
    const data = node.weights.data.slice();
    data.fill(0, 0, data.length / node.weights.shape[0]!);
    return { ...node, weights: { ...node.weights, data } };
  });
  return { ...graph, nodes };
}

it('GPTQ gives an output whose weights are zeros no step that coarsens the whole map', async () => {
  const graph = withZeroRow(floatModel());
  const images = (i: number): readonly Float32Array[] => [sampleOf(graph, i)];
  const statistics = await collectStatistics(graph, IMAGES, images);
  const options = {
    rounding: 'single',
    rawTypes: ['float'],
    preprocessing: { mean: [0], std: [1] },
    weightBits: new Map(graph.nodes.map(({ id }) => [id, 6])),
  } as const;
  const samples = { count: IMAGES, sample: images };
  const fitted = await refineNetwork(graph, statistics, options, new Set(['gptq']), samples);
  const { weightSteps } = fitted;
  const rounded = quantizeModel(fitted.graph, statistics, { ...options, weightSteps });
  const plain = quantizeModel(graph, statistics, options);
  const conv = graph.nodes.find((node) => node.kind === 'conv' && node.window.kernel.h === 1)!;
  expect(weightSteps.get(conv.id)![0]).toBe(0);
  // Of the map that the zeros are part of, and of all behind it.
  for (const node of graph.nodes) {
    const scaleOf = (model: typeof plain): number => mapOf(model, node.output).affine.scale[0]!;
    expect(scaleOf(rounded) / scaleOf(plain), node.name).toBeCloseTo(1, 1);
  }
});
