import { mapOf, layerOf, type QuantModel } from '../ir/quant-model.ts';
import { inputRows } from '../ir/receptive-field.ts';
import type { Schedule } from '../ir/schedule.ts';
import { playTape } from '../ir/tape.ts';
import { assert } from '../util/never.ts';
import { packTape, type Leaf } from './pack-tape.ts';

/**
 * The same schedule for an input that arrives row by row: it waits for each row until a layer needs it. Layers that read the
 * input are computed row by row, so that no more of it is kept than they need. Of a schedule without windows.
 */
export function pushInput(model: QuantModel, schedule: Schedule): Schedule {
  assert(schedule.windows.length === 0, 'windows go back to rows that they have read before');
  const { map } = model.inputs[0]!;
  const leaves: Leaf[] = [];
  let arrived = 0;
  const awaitRows = (to: number): void => {
    if (to > arrived) leaves.push({ kind: 'await', count: to - arrived });
    arrived = Math.max(arrived, to);
  };
  for (const { layer: id, y0, y1 } of playTape(schedule.tape)) {
    const layer = layerOf(model, id);
    if (!layer.inputs.includes(map)) {
      leaves.push({ kind: 'rows', layer: id, count: y1 - y0 });
      continue;
    }
    for (let y = y0; y < y1; y++) {
      const reads = layer.inputs.map((input, index) =>
        input === map ? inputRows(model, layer, index, { from: y, to: y + 1 }).to : 0,
      );
      awaitRows(Math.max(...reads));
      leaves.push({ kind: 'rows', layer: id, count: 1 });
    }
  }
  assert(arrived <= mapOf(model, map).shape.h, 'no more rows are awaited than there are');
  return { ...schedule, tape: packTape(leaves) };
}
