import { describe, expect, it } from 'vitest';
import { planPortably } from '../support/plans.ts';
import { resnet8Shapes } from '../support/shape-models.ts';

/** `--schedule auto --patches 2x2 --push-rows` planned patches of an input that was taken to be there, without a word. */
describe('a grid of patches for rows that arrive one by one', () => {
  it('is refused under the schedule auto too', () => {
    const patches = { rows: 2, columns: 2 };
    expect(() => planPortably(resnet8Shapes(), 'auto', { pushRows: true, patches })).toThrow(/QM715/);
    expect(() => planPortably(resnet8Shapes(), 'auto', { patches })).not.toThrow();
  });
});
