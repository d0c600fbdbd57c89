import type { QuantLut, QuantReencode } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, PlacedMap, Rect, RowKernel } from './row-kernel.ts';

/** A table look-up of each value. The output may coincide with the input. */
export function prepareLut(layer: QuantLut, context: KernelContext): RowKernel {
  return mapValues(context, prepareLookUp(layer.table, onlyInput(context)));
}

/** Looks values of `input` up in a table for the map, or in the channels' parts of it. */
export function prepareLookUp(
  table: Int8Array,
  input: PlacedMap,
): (value: number, channel: number) => number {
  const { min, max } = integerRange(input.bits);
  const pitch = table.length > max - min + 1 ? max - min + 1 : 0;
  return (value, channel) => table[channel * pitch + value - min]!;
}

/** The top bit of each value flipped. The output may coincide with the input. */
export function prepareReencode(_layer: QuantReencode, context: KernelContext): RowKernel {
  return mapValues(context, (value) => value ^ 0x80);
}

function mapValues(context: KernelContext, change: (value: number, channel: number) => number): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  return (rect: Rect) => {
    const { from, to } = rect.columns;
    const { c } = output.shape;
    const count = (to - from) * c;
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const source = pixelStart(input, y, from, rect.inputColumn[0]);
      const at = pixelStart(output, y, from, rect.outputColumn);
      for (let i = 0; i < count; i++) arena[at + i] = change(arena[source + i]!, i % c);
    }
  };
}
