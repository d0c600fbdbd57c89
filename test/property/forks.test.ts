import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph, Node } from '../../src/ir/graph.ts';
import { mapOf } from '../../src/ir/quant-model.ts';
import type { Affine, MapBits } from '../../src/ir/quantization.ts';
import { affineOfRange } from '../../src/quant/range.ts';
import { realOfStored, storeValues } from '../../src/quant/recipe/stored-maps.ts';
import { roundedWeights } from '../../src/quant/rounded-weights.ts';
import { chooseScales, type QuantizeOptions } from '../../src/quant/scales.ts';
import { simulateNetwork } from '../../src/quant/simulate.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { decodePort, encodeInput } from '../../src/quant/ports.ts';
import type { WeightedNode } from '../../src/ir/weight-layout.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { fakeQuantize } from '../../src/reference/float/fake-quantize.ts';
import { prepareForks, type Fork, type StoredAs } from '../../src/reference/float/forks.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { floatModel, sampleOf, SAMPLES, sharpened } from '../support/float-models.ts';

const options: QuantizeOptions = {
  rounding: 'single',
  rawTypes: ['float'],
  preprocessing: { mean: [0], std: [1] },
};

/** The outputs of a network whose maps are stored, each node by itself. */
async function runStored(graph: Graph, storedAs: StoredAs, input: Float32Array): Promise<Float32Array> {
  const values = new Map([[graph.inputs[0]!.tensor, input]]);
  for (const node of graph.nodes) {
    const port = (tensor: number) => ({ name: '', tensor, dtype: 'float32', shape: [] }) as const;
    const inputs = [...new Set(node.inputs)];
    const alone = { ...graph, nodes: [node], inputs: inputs.map(port), outputs: [port(node.output)] };
    const [output] = await runFloat(
      alone,
      inputs.map((tensor) => values.get(tensor)!),
    );
    const affine = storedAs[node.output] ?? null;
    values.set(node.output, affine === null ? output! : fakeQuantize(output!, affine));
  }
  return values.get(graph.outputs[0]!.tensor)!;
}

async function simulated(graph: Graph) {
  const statistics = await collectStatistics(graph, SAMPLES, (i) => [sampleOf(graph, i)], undefined, {
    byChannel: true,
  });
  const scales = chooseScales(graph, statistics, options);
  return { statistics, scales, network: simulateNetwork(graph, scales) };
}

describe('fake quantization', () => {
  it('leaves what storing and reading back leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 64 }),
        fc.constantFrom<MapBits>(8, 4, 2),
        fc.double({ min: -4, max: 0, noNaN: true }),
        (values, bits, lo) => {
          const affine = affineOfRange({ lo, hi: 3 }, bits);
          const all = Float32Array.from(values);
          expect(fakeQuantize(all, affine)).toEqual(realOfStored(storeValues(all, affine), affine));
        },
      ),
    );
  });

  it('takes each channel by its own scale', () => {
    const affine: Affine = { bits: 4, scale: Float64Array.of(1, 0.5), zeroPoint: Int32Array.of(0, 8) };
    expect(fakeQuantize(Float32Array.of(1.6, 0.6, 99, -99), affine)).toEqual(Float32Array.of(2, 0.5, 15, -4));
  });
});

describe('forks', () => {
  it('give what the whole network gives with that one difference', async () => {
    const graph = sharpened(floatModel(), 40);
    const { statistics, network } = await simulated(graph);
    const narrow = chooseScales(graph, statistics, {
      ...options,
      bits: new Map(graph.tensors.map(({ id }) => [id, 2] as const)),
    }).affines;
    const maps = graph.nodes.slice(0, -2).map(({ output }): Fork => ({
      kind: 'maps',
      affines: new Map([[output, narrow[output]!]]),
    }));
    const weighted = network.graph.nodes.filter((node): node is WeightedNode => 'weights' in node);
    const nodes = weighted.map((node): Fork => ({
      kind: 'node',
      node: node.id,
      replace: (input) => roundedWeights(node, graph, 2, input),
    }));
    const forks = [...maps, ...nodes];
    const executor = await prepareForks(network.graph, network.storedAs, forks);
    const input = Float32Array.from([1, 2].flatMap((i) => [...network.storeInput(sampleOf(graph, i))]));
    const found = new Map<number | null, Float32Array>();
    executor.run(
      input,
      (fork) => fork !== 1,
      (fork, output) => found.set(fork, output.slice()),
    );
    executor.dispose();

    expect(found.has(1)).toBe(false);
    expect(found.size).toBe(forks.length);
    expect(found.get(null)).toEqual(await runStored(network.graph, network.storedAs, input));
    for (const [index, fork] of forks.entries()) {
      if (fork.kind === 'node' || index === 1) continue;
      const stored = network.storedAs.map((affine, tensor) => fork.affines.get(tensor) ?? affine);
      expect(found.get(index)).toEqual(await runStored(network.graph, stored, input));
    }
    const trunk = found.get(null)!;
    const same = [...found].filter(
      ([index, output]) => index !== null && output.every((v, i) => v === trunk[i]),
    );
    expect(same.map(([index]) => index)).toEqual([]);
  });

  it('keep the mean of what a layer gives when its weights are rounded', async () => {
    const graph = floatModel();
    const node = graph.nodes.find((each): each is WeightedNode => each.kind === 'dense')!;
    const channels = graph.tensors[node.inputs[0]!]!.shape.c;
    const input = Float32Array.from({ length: 5 * channels }, (_, i) => Math.sin(i));
    const run = (own: Node): Promise<Float32Array[]> => {
      const port = (tensor: number) => ({ name: '', tensor, dtype: 'float32', shape: [] }) as const;
      return runFloat(
        { ...graph, nodes: [own], inputs: [port(node.inputs[0]!)], outputs: [port(node.output)] },
        [input],
      );
    };
    const [plain] = await run(node);
    const [rounded] = await run(roundedWeights(node, graph, 2, input));
    const outputs = plain!.length / 5;
    for (let channel = 0; channel < outputs; channel++) {
      const meanOf = (all: Float32Array): number =>
        [0, 1, 2, 3, 4].reduce((total, i) => total + all[i * outputs + channel]!, 0) / 5;
      expect(meanOf(rounded!)).toBeCloseTo(meanOf(plain!), 4);
    }
    expect(rounded).not.toEqual(plain);
  });
});

describe('a simulated network', () => {
  it('gives nearly what the integers give', async () => {
    const graph = floatModel();
    const bits = new Map(graph.nodes.slice(0, 3).map(({ output }) => [output, 4] as const));
    const { statistics } = await simulated(graph);
    const own = { ...options, bits, weightBits: new Map([[graph.nodes[1]!.id, 5]]) };
    const network = simulateNetwork(graph, chooseScales(graph, statistics, own));
    const model = quantizeModel(graph, statistics, own);
    expect(mapOf(model, graph.nodes[0]!.output).affine.bits).toBe(4);
    const { schedule, memory } = planWholeTensors(model);
    const execute = prepareInteger(model, schedule, memory);
    for (let i = 0; i < 4; i++) {
      const sample = sampleOf(graph, i);
      const bytes = encodeInput(model, model.inputs[0]!, sample, 'float');
      const integers = decodePort(model, model.outputs[0]!, execute([bytes])[0]!);
      const reals = await runStored(network.graph, network.storedAs, network.storeInput(sample));
      reals.forEach((value, c) => {
        expect(Math.abs(value - integers[c]!)).toBeLessThan(0.03);
      });
    }
  });
});
