import type { Schedule, Segment, Tape, TapeOp, Window } from '../ir/schedule.ts';
import type { Option } from './execution-option.ts';

/** Options one after the other as one schedule; neighbours that run layer by layer are one segment. */
export function joinOptions(options: readonly Option[]): Schedule {
  const segments: Segment[] = [];
  const windows: Window[] = [];
  const tape: TapeOp[] = [];
  for (const option of options) {
    const { kind, layers } = option;
    const last = segments.at(-1);
    if (last?.kind === 'layer' && kind === 'layer') {
      segments[segments.length - 1] = { kind, layers: [...last.layers, ...layers] };
    } else {
      segments.push({ kind, layers });
    }
    tape.push(...renumberWindows(option.tape, windows.length));
    windows.push(...option.windows);
  }
  return { segments, windows, tape, classifier: null };
}

/** The tape with `first` added to the number of every window. */
function renumberWindows(tape: Tape, first: number): Tape {
  return tape.map((op): TapeOp => {
    switch (op.kind) {
      case 'rows':
      case 'await':
      case 'rewind':
        return op;
      case 'window':
        return { ...op, window: op.window + first };
      case 'repeat':
        return { ...op, body: renumberWindows(op.body, first) };
      case 'branch':
        return {
          ...op,
          window: op.window + first,
          outlier: renumberWindows(op.outlier, first),
          regular: renumberWindows(op.regular, first),
        };
    }
  });
}
