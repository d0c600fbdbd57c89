import { expect, it } from 'vitest';
import { emitScheduled } from '../support/emitted.ts';
import { planPortably } from '../support/plans.ts';
import { wideShapes } from '../support/two-arms.ts';

/** Code that takes its input row by row started the tape without its windows: patches further back read through a null pointer. */
it('code that takes rows of its input knows the windows of later layers', () => {
  const model = wideShapes();
  const { schedule } = planPortably(model, 'auto', { pushRows: true });
  expect(schedule.segments.map(({ kind }) => kind)).toContain('patch');
  const code = String(emitScheduled(model, schedule).files.get('wide_model.c'));
  expect(code).toContain('qmcu_tape_start(&context->tape, tape, &windows,');
});
