import { describe, expect, it } from 'vitest';
import { accountBitOps } from '../../src/ir/bitops.ts';
import { macsOf } from '../../src/ir/macs.ts';
import { layerOf, mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { joinArms, quantizeArms, stageTensors } from '../../src/quant/arms.ts';
import type { QuantizeOptions } from '../../src/quant/quantize-model.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { schedulePatches, type ArmChoice } from '../../src/schedule/by-patches.ts';
import { playTape } from '../../src/ir/tape.ts';
import { floatModel, quantized } from '../support/float-models.ts';

const options: QuantizeOptions = {
  rounding: 'single',
  rawTypes: ['float'],
  preprocessing: { mean: [0], std: [1] },
};
const STAGE = [0, 1, 2, 3];

async function models(): Promise<{ readonly uniform: QuantModel; readonly joined: QuantModel }> {
  const graph = floatModel();
  const { model, statistics } = await quantized(graph, options);
  const tensors = stageTensors(model, STAGE);
  const bits = new Map(tensors.inner.map((tensor) => [tensor, 4] as const));
  const arms = {
    outlier: { graph, statistics, options },
    regular: { graph, statistics, options: { ...options, bits } },
  };
  return { uniform: model, joined: joinArms(quantizeArms(tensors, arms), STAGE) };
}

/** BitOPs counted pixel by pixel along the tape, where window w is an outlier if `isOutlier(w)`. */
function bitOpsAlongTape(
  model: QuantModel,
  schedule: Schedule,
  isOutlier: (window: number) => boolean,
): number {
  let total = 0;
  for (const step of playTape(schedule.tape, schedule.windows, isOutlier)) {
    const layer = layerOf(model, step.layer);
    const { shape } = mapOf(model, layer.output);
    const span =
      step.window === null
        ? undefined
        : schedule.windows[step.window]!.spans.find((s) => s.layer === step.layer);
    const columns = span === undefined ? shape.w : span.columns.to - span.columns.from;
    const perPixel = macsOf(model.graph.nodes[layer.node]!, model.graph) / (shape.h * shape.w);
    total += (step.y1 - step.y0) * columns * perPixel * 8 * mapOf(model, layer.inputs[0]!).affine.bits;
  }
  return total;
}

const CLASSES = ['outlier', 'regular', 'regular', 'outlier', 'regular', 'regular'] as const;

describe('BitOPs', () => {
  it('of 8 bits layer by layer are 64 for each MAC', async () => {
    const { uniform } = await models();
    const macs = uniform.graph.nodes.reduce((total, node) => total + macsOf(node, uniform.graph), 0);
    const account = accountBitOps(uniform, scheduleByLayers(uniform), []);
    expect(account).toEqual({
      macs,
      macsWithHalo: macs,
      bitOps: 64 * macs,
      bitOpsWithHalo: 64 * macs,
      layer8: 64 * macs,
      patch8: 64 * macs,
    });
  });

  it('of 8-bit patches are those of the tape, halo included', async () => {
    const { uniform } = await models();
    const schedule = schedulePatches(uniform, { split: 3, rows: 2, columns: 3 });
    const account = accountBitOps(uniform, schedule, []);
    expect(account.patch8).toBe(bitOpsAlongTape(uniform, schedule, () => true));
    expect(account.bitOpsWithHalo).toBe(account.patch8);
    expect(account.bitOps).toBe(account.layer8);
    expect(account.macsWithHalo).toBeGreaterThan(account.macs);
  });

  it.each([0, 1])('of two arms are those of the tape that is played (outlier share %d)', async (share) => {
    const { joined, uniform } = await models();
    const grid = { split: joined.arms!.outlier.at(-1)!, rows: 2, columns: 3 };
    const schedule = schedulePatches(joined, grid, { kind: 'runtime', classifier: NO_CLASSIFIER });
    const account = accountBitOps(
      joined,
      schedule,
      CLASSES.map(() => share),
    );
    expect(account.bitOpsWithHalo).toBeCloseTo(
      bitOpsAlongTape(joined, schedule, () => share === 1),
      0,
    );
    expect(account.layer8).toBe(accountBitOps(uniform, scheduleByLayers(uniform), []).layer8);
    expect(account.patch8).toBe(
      accountBitOps(uniform, schedulePatches(uniform, { split: 3, rows: 2, columns: 3 }), []).patch8,
    );
  });

  it('of arms fixed at compile time are those of the arms that are played', async () => {
    const { joined } = await models();
    const grid = { split: joined.arms!.outlier.at(-1)!, rows: 2, columns: 3 };
    const choice: ArmChoice = { kind: 'static', classes: CLASSES };
    const schedule = schedulePatches(joined, grid, choice);
    const shares = CLASSES.map((kind) => (kind === 'outlier' ? 1 : 0));
    const account = accountBitOps(joined, schedule, shares);
    expect(account.bitOpsWithHalo).toBeCloseTo(
      bitOpsAlongTape(joined, schedule, () => true),
      0,
    );
    expect(account.bitOps).toBeLessThan(account.layer8);
  });
});

const NO_CLASSIFIER = {
  map: 0,
  ordinary: { low: Int8Array.of(-128), high: Int8Array.of(127) },
  patches: [],
};
