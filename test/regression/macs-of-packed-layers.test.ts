import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LayerKind } from '../../src/ir/quant-model.ts';
import { lowerModel } from '../../src/lower/lower.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { kernelsWithin, withScratch } from '../support/fast-cases.ts';
import { drawFrom, placeModel } from '../support/random-layer.ts';
import { drawPackedModel } from '../support/random-packed-layer.ts';

const KINDS: readonly LayerKind[] = ['conv', 'depthwise', 'dense'];
const LITTLE_SCRATCH_BYTES = 200;

it.each(KINDS)('a %s layer that is computed in parts has the MACs of the whole', (kind) => {
  const kernelsOf = kernelsWithin({ dsp: true, mve: false, fpu: false }, LITTLE_SCRATCH_BYTES);
  fc.assert(
    fc.property(fc.gen(), (g) => {
      const draw = drawFrom(g);
      const model = drawPackedModel(draw, kind, 'single', { input: 4, output: 4, weights: 8 });
      const { memory } = withScratch(placeModel(draw, model), kernelsOf);
      const program = lowerModel('test', model, planWholeTensors(model).schedule, memory, kernelsOf(model));
      const layer = model.layers[0]!;
      const { shape } = model.maps[layer.output]!;
      const weights = 'weights' in layer ? layer.weights.data.length : 0;
      expect(program.layers[0]!.macs).toBe(shape.h * shape.w * weights);
      expect(program.layers[0]!.weightBits).toBe(8);
    }),
    { numRuns: 30 },
  );
});
