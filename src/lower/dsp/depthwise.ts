import { mapOf, type QuantDepthwise, type QuantModel } from '../../ir/quant-model.ts';
import type { Kernel } from '../../ir/program.ts';
import { field } from '../fields.ts';
import { lowerDepthwise } from '../ops/depthwise.ts';
import { fitDspRequant } from './requant.ts';
import { scratchField } from './tile.ts';
import type { DspKernel } from './select.ts';

const KERNEL: Kernel = {
  function: 'qmcu_depthwise_s8_dsp',
  header: 'qmcu_depthwise_s8_dsp.h',
  sources: ['qmcu_depthwise_s8_dsp.c', 'qmcu_planes_dsp.c'],
};

/** Bytes of one row of four planes (qmcu_planes_dsp.h), and what reading past the last one may touch. */
const ROW_BYTES = 288;
const SLACK_BYTES = 16;
const MAX_KERNEL_COLUMNS = 16;
/** Rows beyond which a higher chunk saves next to nothing. */
const MAX_CHUNK_ROWS = 32;

/** A depthwise convolution, one output channel an input channel. */
export function dspDepthwise(
  model: QuantModel,
  layer: QuantDepthwise,
  budgetBytes: number,
): DspKernel | null {
  const { kernel, stride, dilation } = layer.window;
  const output = mapOf(model, layer.output).shape;
  const isSupported =
    layer.multiplier === 1 &&
    output.c >= 4 &&
    kernel.w <= MAX_KERNEL_COLUMNS &&
    stride.w <= 2 &&
    dilation.h === 1 &&
    dilation.w === 1;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let tap = 0; tap < kernel.h * kernel.w; tap++) yield [tap * output.c + channel, channel];
  }
  const fitted = isSupported ? fitDspRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const rowsWithin = Math.floor((budgetBytes - SLACK_BYTES) / ROW_BYTES) - 2 * kernel.h;
  const chunkRows = Math.max(1, Math.min(output.h, MAX_CHUNK_ROWS, 1 + Math.floor(rowsWithin / stride.h)));
  return {
    scratchBytes: ROW_BYTES * ((chunkRows - 1) * stride.h + 2 * kernel.h) + SLACK_BYTES,
    isPortable: false,
    lower: (context, scratchOffset) => {
      const portable = lowerDepthwise(fitted, context);
      return {
        ...portable,
        kernel: KERNEL,
        fields: [
          ...portable.fields.filter(({ name }) => name !== 'multiplier'),
          field('chunk_rows', chunkRows),
          scratchField(scratchOffset),
        ],
      };
    },
  };
}
