import { describe, expect, it } from 'vitest';
import { layerOf, mapOf } from '../../src/ir/quant-model.ts';
import { joinArms, quantizeArms, stageTensors } from '../../src/quant/arms.ts';
import { collectPatchStatistics } from '../../src/quant/patch-statistics.ts';
import { quantizeModel, type QuantizeOptions } from '../../src/quant/quantize-model.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { floatModel, quantized, sampleOf, SAMPLES } from '../support/float-models.ts';

const options: QuantizeOptions = {
  rounding: 'single',
  rawTypes: ['float'],
  preprocessing: { mean: [0], std: [1] },
};

/** The first four layers (two convolutions around a depthwise one, and an addition) of the test network as two arms. */
async function arms(bits: 8 | 4) {
  const graph = floatModel();
  const { model, statistics } = await quantized(graph, options);
  const stage = [0, 1, 2, 3];
  const tensors = stageTensors(model, stage);
  const narrow = new Map(tensors.inner.map((tensor) => [tensor, bits]));
  const pair = quantizeArms(tensors, {
    outlier: { graph, statistics, options },
    regular: { graph, statistics, options: { ...options, bits: narrow } },
  });
  return { graph, stage, tensors, pair, joined: joinArms(pair, stage) };
}

describe('two arms', () => {
  it('end in one map of one quantization, and share what they read', async () => {
    const { joined, tensors } = await arms(4);
    const last = (['outlier', 'regular'] as const).map((arm) => layerOf(joined, joined.arms![arm].at(-1)!));
    expect(last.map((layer) => layer.output)).toEqual([tensors.join, tensors.join]);
    expect(mapOf(joined, tensors.join).affine.bits).toBe(8);
    const first = (['outlier', 'regular'] as const).map((arm) => layerOf(joined, joined.arms![arm][0]!));
    expect(first.map((layer) => layer.inputs)).toEqual([[0], [0]]);
  });

  it('have maps of their own in between, at the widths asked for', async () => {
    const { joined, tensors } = await arms(4);
    const widths = (arm: 'outlier' | 'regular'): number[] =>
      joined.arms![arm].slice(0, -1).map((layer) => mapOf(joined, layerOf(joined, layer).output).affine.bits);
    expect(widths('outlier')).toEqual([8, 8, 8]);
    expect(widths('regular')).toEqual([4, 4, 4]);
    expect(joined.maps.length).toBe(joined.graph.tensors.length + tensors.inner.length);
    expect(joined.maps.every((map, id) => map.id === id)).toBe(true);
    expect(joined.layers.every((layer, id) => layer.id === id)).toBe(true);
    for (const map of tensors.inner) {
      const readers = joined.layers.filter((layer) => layer.inputs.includes(map));
      expect(readers.every((layer) => joined.arms!.outlier.includes(layer.id))).toBe(true);
    }
  });

  it('each compute what the network that they come from computes', async () => {
    const { graph, pair, joined, stage } = await arms(4);
    const bytes = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37) & 0xff);
    for (const arm of ['outlier', 'regular'] as const) {
      const dropped = joined.arms![arm === 'outlier' ? 'regular' : 'outlier'];
      const { schedule, memory } = planWholeTensors(joined);
      const tape = schedule.tape.filter((op) => op.kind !== 'rows' || !dropped.includes(op.layer));
      const alone = planWholeTensors(pair[arm]);
      const run = prepareInteger(joined, { ...schedule, tape }, memory);
      const reference = prepareInteger(pair[arm], alone.schedule, alone.memory);
      expect(run([bytes])).toEqual(reference([bytes]));
    }
    expect(graph.nodes.length).toBe(joined.layers.length - stage.length);
  });

  it('of equal widths and statistics are the network itself', async () => {
    const { pair } = await arms(8);
    expect(pair.regular).toEqual(pair.outlier);
  });

  it('take the coarser join where one of them needs it', async () => {
    const graph = floatModel();
    const { model, statistics } = await quantized(graph, options);
    const tensors = stageTensors(model, [0, 1, 2, 3, 4]);
    // At 2 bits and a hundred times the range, a step of the regular arm's sums is coarser than the join would be.
    const regular = statistics.map((one, tensor) =>
      tensors.inner.includes(tensor)
        ? {
            ...one,
            min: one.min * 100,
            max: one.max * 100,
            histogram: { ...one.histogram, binWidth: one.histogram.binWidth * 128 },
          }
        : one,
    );
    const pair = quantizeArms(tensors, {
      outlier: { graph, statistics, options },
      regular: {
        graph,
        statistics: regular,
        options: { ...options, bits: new Map(tensors.inner.map((t) => [t, 2] as const)) },
      },
    });
    const free = quantizeModel(graph, statistics, options);
    const [outlier, other] = [pair.outlier, pair.regular].map((one) => mapOf(one, tensors.join).affine);
    expect(outlier).toEqual(other);
    expect(outlier!.scale[0]!).toBeGreaterThan(mapOf(free, tensors.join).affine.scale[0]!);
  });
});

describe('statistics of patches', () => {
  it('are those of the values in the areas of the patches included', async () => {
    const graph = floatModel();
    const areas = [
      new Map([[1, { rows: { from: 0, to: 5 }, columns: { from: 2, to: 9 } }]]),
      new Map([[1, { rows: { from: 4, to: 16 }, columns: { from: 0, to: 16 } }]]),
    ];
    const isIncluded = (sample: number, patch: number): boolean => (sample + patch) % 2 === 0;
    const found = await collectPatchStatistics(
      graph,
      SAMPLES,
      (i) => [sampleOf(graph, i)],
      areas,
      isIncluded,
    );
    const values: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      await runFloat(graph, [sampleOf(graph, sample)], (tensor, map) => {
        if (tensor !== 1) return;
        areas.forEach((patch, index) => {
          const area = patch.get(1)!;
          if (!isIncluded(sample, index)) return;
          map.forEach((value, at) => {
            const [y, x] = [Math.floor(at / (16 * 8)), Math.floor(at / 8) % 16];
            const { rows, columns } = area;
            if (y >= rows.from && y < rows.to && x >= columns.from && x < columns.to) values.push(value);
          });
        });
      });
    }
    expect([...found.keys()]).toEqual([1]);
    expect(found.get(1)!.count).toBe(values.length);
    expect(found.get(1)!.max).toBe(Math.max(...values));
    expect(found.get(1)!.mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 9);
  });
});
