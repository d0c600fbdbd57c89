import { it } from 'vitest';
import { checkMemoryPlan } from '../../src/memory/check.ts';
import { planPortably } from '../support/plans.ts';
import { ShapeModel } from '../support/shape-models.ts';

/**
 * A layer whose output nobody reads leaves the input alone in memory. That was taken for a place to cut at: the rows that
 * the layers behind it need were never awaited.
 */
it('cuts no network where its pushed input is still to be read', () => {
  const m = new ShapeModel();
  const x = m.input(2, 1, 1);
  m.conv(x, 1, 1, 2);
  const model = m.build('unread', [m.conv(m.conv(x, 1, 1), 1, 2)]);
  const { schedule, plan } = planPortably(model, 'stream', { pushRows: true });
  checkMemoryPlan(model, schedule, plan);
});
