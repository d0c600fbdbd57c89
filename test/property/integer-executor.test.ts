import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { oracleOutput } from '../support/integer-oracle.ts';
import { drawFrom, drawModel, LAYER_KINDS } from '../support/random-layer.ts';

/** Softmax has no definition in exact arithmetic. */
const KINDS = LAYER_KINDS.filter((kind) => kind !== 'softmax');

describe.each(KINDS)('the integer executor on %s', (kind) => {
  it.each(['tflite', 'single'] as const)('computes what the definition says, rounding %s', (rounding) => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const draw = drawFrom(g);
        const model = drawModel(draw, kind, rounding);
        const { schedule, memory } = planWholeTensors(model);
        const inputs = model.inputs.map(({ map }) =>
          Int8Array.from(draw.integers(elementCount(model.maps[map]!.shape), -128, 127)),
        );
        const [output] = prepareInteger(
          model,
          schedule,
          memory,
        )(inputs.map((input) => Uint8Array.from(input)));
        expect(Int8Array.from(output!)).toEqual(oracleOutput(model, model.layers[0]!, inputs));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the integer executor on softmax', () => {
  it('is within one step of the real softmax', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const draw = drawFrom(g);
        const model = drawModel(draw, 'softmax', 'tflite');
        const layer = model.layers[0]!;
        if (layer.kind !== 'softmax') throw new Error('not a softmax');
        const { schedule, memory } = planWholeTensors(model);
        const { shape } = model.maps[0]!;
        const input = Int8Array.from(draw.integers(elementCount(shape), -128, 127));
        const [output] = prepareInteger(model, schedule, memory)([Uint8Array.from(input)]);
        const scale = (layer.inputMultiplier / 2 ** 31) * 2 ** (layer.inputLeftShift - 26);
        for (let at = 0; at < input.length; at += shape.c) {
          const exps = Array.from(input.subarray(at, at + shape.c), (q) => Math.exp(scale * q));
          const total = exps.reduce((a, b) => a + b);
          exps.forEach((value, c) => {
            const stored = (output![at + c]! << 24) >> 24;
            expect(Math.abs(stored - Math.min(127, (256 * value) / total - 128))).toBeLessThanOrEqual(1);
          });
        }
      }),
      { numRuns: 100 },
    );
  });
});
