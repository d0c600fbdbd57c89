import { mapOf, layerOf, type QuantModel } from '../ir/quant-model.ts';
import { inputRows } from '../ir/receptive-field.ts';
import type { Schedule, Tape, TapeOp, Window } from '../ir/schedule.ts';
import { playTape, type RowStep } from '../ir/tape.ts';
import { assert } from '../util/never.ts';
import { packTape, type Leaf } from './pack-tape.ts';

/**
 * The same schedule for an input that arrives row by row: it waits for each row until a layer needs it. Layers that read the
 * input are computed row by row, so that no more of it is kept than they need. Of a schedule without windows.
 */
export function pushInput(model: QuantModel, schedule: Schedule): Schedule {
  assert(schedule.windows.length === 0, 'windows go back to rows that they have read before');
  return { ...schedule, tape: awaitRows(model, playTape(schedule.tape)) };
}

/** Windows with the tape of each for an input whose rows can be asked for again: each window has them from the first on. */
export function pullInput(
  model: QuantModel,
  windows: readonly Window[],
  tapeOf: (window: Window) => Tape,
): Tape {
  return windows.flatMap((window, id): Tape => {
    const enter: TapeOp = { kind: 'window', window: id };
    const steps = playTape([enter, ...tapeOf(window)], windows);
    return [enter, ...(id === 0 ? [] : [{ kind: 'rewind' } as const]), ...awaitRows(model, steps)];
  });
}

/** Steps that each wait for the rows of the input that they are the first to need. */
function awaitRows(model: QuantModel, steps: Iterable<RowStep>): Tape {
  const { map } = model.inputs[0]!;
  const leaves: Leaf[] = [];
  let arrived = 0;
  const awaitUpTo = (to: number): void => {
    if (to > arrived) leaves.push({ kind: 'await', count: to - arrived });
    arrived = Math.max(arrived, to);
  };
  for (const { layer: id, y0, y1 } of steps) {
    const layer = layerOf(model, id);
    if (!layer.inputs.includes(map)) {
      leaves.push({ kind: 'rows', layer: id, count: y1 - y0 });
      continue;
    }
    for (let y = y0; y < y1; y++) {
      const reads = layer.inputs.map((input, index) =>
        input === map ? inputRows(model, layer, index, { from: y, to: y + 1 }).to : 0,
      );
      awaitUpTo(Math.max(...reads));
      leaves.push({ kind: 'rows', layer: id, count: 1 });
    }
  }
  assert(arrived <= mapOf(model, map).shape.h, 'no more rows are awaited than there are');
  return packTape(leaves);
}
