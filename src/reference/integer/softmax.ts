import type { QuantSoftmax } from '../../ir/quant-model.ts';
import {
  saturatingRoundingDoublingHighMul as multiply,
  roundingDivideByPOT,
} from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';
import { exponentials, reciprocalOf } from './exponential.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** Bits of an output value. */
const OUTPUT_BITS = 8;

/** TFLite's integer softmax along the channels of each pixel. The output may coincide with the input. */
export function prepareSoftmax(layer: QuantSoftmax, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const channels = input.shape.c;
  const exponential = exponentials(layer);

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const source = pixelStart(input, y, x, rect.inputColumn[0]);
        const at = pixelStart(output, y, x, rect.outputColumn);
        const values = arena.subarray(source, source + channels);
        const largest = values.reduce((a, b) => Math.max(a, b));
        let sum = 0;
        for (const value of values) sum += roundingDivideByPOT(exponential[largest - value]!, 12);
        const { reciprocal, exponent } = reciprocalOf(sum);
        for (let c = 0; c < channels; c++) {
          const product = multiply(reciprocal, exponential[largest - arena[source + c]!]!);
          const share = roundingDivideByPOT(product, exponent + 31 - OUTPUT_BITS);
          arena[at + c] = clamp(share - 128, -128, 127);
        }
      }
    }
  };
}
