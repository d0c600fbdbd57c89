import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Feedback } from '../../src/host/feedback.ts';
import { realValues } from '../../src/ir/constant.ts';
import type { Node } from '../../src/ir/graph.ts';
import { layerOf, mapBytes, mapOf } from '../../src/ir/quant-model.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { schedulePatches } from '../../src/schedule/by-patches.ts';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { encodeInput } from '../../src/quant/ports.ts';
import type { CalibrationStatistics } from '../../src/quant/statistics.ts';
import type { QuantizeOptions } from '../../src/quant/quantize-model.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { areasComputed, areasRead } from '../../src/search/patch-areas.ts';
import {
  quantizeByValue,
  type FloatNetwork,
  type QuantMcuOptions,
  type QuantMcuResult,
} from '../../src/search/quantmcu.ts';
import { memoryOf } from '../../src/search/stage-memory.ts';
import { peakOf } from '../../src/search/vdqs.ts';
import { floatModel, quantized, sampleOf, SAMPLES } from '../support/float-models.ts';

const quantization: QuantizeOptions = {
  rounding: 'single',
  rawTypes: ['float'],
  preprocessing: { mean: [0], std: [1] },
};
const defaults: QuantMcuOptions = {
  phi: 0.99,
  outliers: 'any',
  classify: 'runtime',
  outlierShare: 0.25,
  lambda: 0.4,
  bits: [8, 4],
  memoryBytes: null,
  split: null,
  patches: { rows: 2, columns: 2 },
};

const graph = floatModel();
const inputs = {
  count: SAMPLES,
  shape: { h: 16, w: 16, c: 3 },
  type: 'float' as const,
  sample: (index: number) => sampleOf(graph, index),
};
let statistics: CalibrationStatistics;
beforeAll(async () => {
  statistics = (await quantized(graph, quantization)).statistics;
});

/** Runs the method and tells the codes of what it warned of. */
async function run(
  options: Partial<QuantMcuOptions> = {},
  refit: FloatNetwork['refit'] = null,
): Promise<{ readonly result: QuantMcuResult; readonly codes: readonly string[] }> {
  const found: Diagnostic[] = [];
  const feedback: Feedback = { progress: () => undefined, warn: (one) => found.push(one) };
  const result = await quantizeByValue(
    { graph, quantization, refit },
    { inputs: { count: SAMPLES, sets: [inputs] }, count: SAMPLES, statistics },
    { ...defaults, ...options },
    feedback,
  );
  return { result, codes: found.map(({ code }) => code) };
}

describe('the method quantmcu', () => {
  it('gives the same model, schedule and shares every time', async () => {
    const [first, second] = [(await run()).result, (await run()).result];
    expect({ ...second, searchSeconds: 0 }).toEqual({ ...first, searchSeconds: 0 });
  });

  it('plays in the executor the arms that it counted on the calibration inputs', async () => {
    const { model, patchSchedule, outlierShares } = (await run()).result;
    const schedule = patchSchedule!;
    const plan = planMemory(model, schedule, []);
    checkMemoryPlan(model, schedule, plan);
    const execute = prepareInteger(model, schedule, plan);
    const outliers = outlierShares.map(() => 0);
    for (let i = 0; i < SAMPLES; i++) {
      const classDecided = (window: number, isOutlier: boolean): void => {
        if (isOutlier) outliers[window]!++;
      };
      execute([encodeInput(model, model.inputs[0]!, inputs.sample(i), 'float')], { classDecided });
    }
    expect(outliers.map((count) => count / SAMPLES)).toEqual(outlierShares);
    expect(Math.max(...outlierShares)).toBeGreaterThan(0);
    expect(Math.min(...outlierShares)).toBeLessThan(1);
  });

  it('narrows the regular arm and leaves the outlier arm and the rest at 8 bits', async () => {
    const { model } = (await run()).result;
    const widths = (layers: readonly number[]): number[] =>
      layers.map((layer) => mapOf(model, layerOf(model, layer).output).affine.bits);
    const { outlier, regular } = model.arms!;
    const others = model.layers.map(({ id }) => id).filter((id) => !regular.includes(id));
    expect(widths(regular)).toContain(4);
    expect(new Set(widths([...outlier, ...others]))).toEqual(new Set([8]));
  });

  it('takes weights fitted to its widths into the regular arm, and nowhere else', async () => {
    const doubled = (node: Node): Node =>
      'weights' in node
        ? {
            ...node,
            weights: { ...node.weights, kind: 'float', data: realValues(node.weights).map((w) => 2 * w) },
          }
        : node;
    const widths: (readonly number[])[] = [];
    const refit: FloatNetwork['refit'] = (_statistics, { bits }, until) => {
      widths.push([...bits!.values()]);
      const nodes = new Set(graph.nodes.filter(({ output }) => output <= until!).map(({ id }) => id));
      const fitted = graph.nodes.map((node) => (nodes.has(node.id) ? doubled(node) : node));
      return Promise.resolve({
        graph: { ...graph, nodes: fitted },
        nodes,
        weightSteps: new Map(),
        blocks: [],
      });
    };
    const [plain, fitted] = [(await run()).result.model, (await run({}, refit)).result.model];
    expect(widths).toEqual([expect.arrayContaining([4])]);
    // What doubling changes of a layer is the scale of its sums: its integers stay as they are.
    const changed = fitted.layers.filter((layer, id) => !isDeepStrictEqual(layer, plain.layers[id]));
    const weighted = fitted.arms!.regular.filter((id) => 'weights' in layerOf(fitted, id));
    expect(changed.map(({ id }) => id)).toEqual(weighted);
  });

  it('fixes as many outliers as asked for at compile time', async () => {
    const { patchSchedule, outlierShares } = (await run({ classify: 'static', outlierShare: 0.5 })).result;
    expect(outlierShares.toSorted()).toEqual([0, 0, 1, 1]);
    expect(patchSchedule!.classifier).toBeNull();
  });

  it('says when no patch is an outlier', async () => {
    const { result, codes } = await run({ phi: 1 - 1e-15 });
    expect(codes).toEqual(['QM315']);
    expect(result.outlierShares).toEqual([0, 0, 0, 0]);
    expect(result.model.arms).not.toBeNull();
  });

  it('keeps one arm of 8 bits when every patch is an outlier', async () => {
    const { result, codes } = await run({ phi: 0.01 });
    expect(codes).toEqual(['QM316']);
    expect(result.model.arms).toBeNull();
    expect(result.patchSchedule!.windows).toHaveLength(4);
  });

  it('keeps 8 bits where entropy is all that counts', async () => {
    const { model } = (await run({ lambda: 1, memoryBytes: Infinity })).result;
    expect(new Set(model.maps.map((map) => map.affine.bits))).toEqual(new Set([8]));
  });

  it('narrows maps for the sake of memory that the score would keep', async () => {
    const { model } = (await run({ lambda: 1, memoryBytes: 1 })).result;
    const arm = model.arms!.regular.slice(0, -1);
    expect(arm.map((layer) => mapOf(model, layerOf(model, layer).output).affine.bits)).toEqual(
      arm.map(() => 4),
    );
  });

  it('fails with QM710 at a split that the network does not have', async () => {
    await expect(run({ split: 'nowhere' })).rejects.toMatchObject({ diagnostics: [{ code: 'QM710' }] });
  });
});

describe('the memory of a stage', () => {
  it('is what the planner counts, layer by layer', async () => {
    const { model } = await quantized(graph, quantization);
    const layers = scheduleByLayers(model).segments.flatMap((segment) => segment.layers);
    const { bytes, step } = peakOf(memoryOf(model, layers, [], Infinity), new Map());
    // The residual addition: three maps of 16×16×8, and the network input that stays throughout.
    expect(bytes).toBe(
      3 * 16 * 16 * 8 +
        mapBytes(mapOf(model, model.inputs[0]!.map)) +
        mapBytes(mapOf(model, model.outputs[0]!.map)),
    );
    expect(layers.map((layer) => layerOf(model, layer).name)).toContain(step);
  });

  it('halves where the maps of patches do, but for the column that an odd width leaves alone', async () => {
    const { model } = await quantized(graph, quantization);
    const schedule = schedulePatches(model, { split: 3, rows: 2, columns: 2 });
    const stage = schedule.segments[0]!.layers;
    const memory = memoryOf(model, stage, areasComputed(model, schedule), Infinity);
    const resident = 16 * 16 * 3 + 16 * 16 * 8;
    const inner = stage.slice(0, -1).map((layer) => layerOf(model, layer).output);
    const narrow = new Map(inner.map((map) => [map, 4] as const));
    const [wide, packed] = [peakOf(memory, new Map()).bytes, peakOf(memory, narrow).bytes];
    const areas = areasComputed(model, schedule);
    const largest = inner.map((map) =>
      Math.max(...areas.flatMap((patch) => patch.get(map) ?? []).map(({ rows }) => rows.to - rows.from)),
    );
    const channels = inner.map((map) => mapOf(model, map).shape.c);
    const most = Math.max(...largest.map((rows, i) => rows * channels[i]!));
    expect(packed - resident).toBeGreaterThanOrEqual((wide - resident) / 2);
    expect(packed - resident).toBeLessThanOrEqual((wide - resident) / 2 + most);
  });
});

describe('what patches read of the input', () => {
  it('is the receptive field of their part of the split map', async () => {
    const { model } = await quantized(graph, quantization);
    const schedule = schedulePatches(model, { split: 3, rows: 2, columns: 2 });
    // Two 3×3 convolutions reach two pixels beyond the eight of a patch, as far as there are any.
    expect(areasRead(model, schedule, 0)).toEqual([
      { rows: { from: 0, to: 10 }, columns: { from: 0, to: 10 } },
      { rows: { from: 0, to: 10 }, columns: { from: 6, to: 16 } },
      { rows: { from: 6, to: 16 }, columns: { from: 0, to: 10 } },
      { rows: { from: 6, to: 16 }, columns: { from: 6, to: 16 } },
    ]);
  });
});
