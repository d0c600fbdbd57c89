import { mapOf, type QuantConv, type QuantModel } from '../../ir/quant-model.ts';
import { clamp } from '../../util/math.ts';
import { fitDspRequant } from '../dsp/requant.ts';
import { field, placedMap, windowStruct } from '../fields.ts';
import { onlyInput, type LayerKernel } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField } from '../weighted-sum.ts';
import { multiplyKernel, multiplyStruct } from './multiply.ts';

/** Columns that are worth laying out together where they are small, and what they may take. */
const SOME_COLUMNS = 16;
const FEW_COLUMNS = 4;
const SMALL_BAND_BYTES = 1024;
/** Short runs of values further apart cannot be gathered. */
const MAX_STEP_BYTES = 8191;

/** A convolution in one group; null where the DSP extension or portable C serve. */
export function mveConv(model: QuantModel, layer: QuantConv, budgetBytes: number): LayerKernel | null {
  const { window } = layer;
  const { kernel, stride, dilation, padding } = window;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const output = mapOf(model, layer.output).shape;
  const values = kernel.h * kernel.w * input.c;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let x = 0; x < kernel.w; x++) {
      for (let y = 0; y < kernel.h; y++) {
        for (let c = 0; c < input.c; c++) yield [((channel * kernel.h + y) * kernel.w + x) * input.c + c, c];
      }
    }
  }
  const isSupported =
    layer.groups === 1 &&
    layer.weights.zeroPoint === 0 &&
    dilation.w === 1 &&
    kernel.h * input.c <= MAX_STEP_BYTES;
  const fitted = isSupported ? fitDspRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const isPadded = Math.max(padding.top, padding.bottom, padding.left, padding.right) > 0;
  const isPointwise = kernel.h === 1 && kernel.w === 1 && !isPadded;
  const band = isPointwise ? null : planBands();
  const name = isPointwise ? 'qmcu_pointwise_s8_mve' : 'qmcu_conv_s8_mve';
  return {
    function: name,
    scratchBytes: band?.scratchBytes ?? 0,
    isPortable: false,
    replacesInput: false,
    chunkPixels: band === null ? Infinity : band.chunkColumns * band.chunkRows,
    lower: (context, scratchOffset) => ({
      kernel: multiplyKernel(name),
      fields: [
        field('input', placedMap(onlyInput(context).id)),
        field('output', placedMap(context.output.id)),
        field('window', windowStruct(window)),
        field('multiply', multiplyStruct(fitted, context, values, weightsOf)),
        ...(band === null
          ? []
          : [
              padPixelField(context, onlyInput(context), window),
              field('chunk_columns', band.chunkColumns),
              field('chunk_rows', band.chunkRows),
              field('band_bytes', band.bandBytes),
              field('scratch', scratchOffset),
            ]),
      ],
      summary: `conv ${summarizeWindow(window)}`,
    }),
  };

  /** As many columns at once as the budget allows; two rows where one does not fill its pairs of pixels. */
  function planBands() {
    const columnBytes = kernel.h * input.c;
    const fitting = Math.floor((Math.floor(budgetBytes / columnBytes) - kernel.w) / stride.w) + 1;
    const small = clamp(Math.floor(SMALL_BAND_BYTES / (columnBytes * stride.w)), FEW_COLUMNS, SOME_COLUMNS);
    const chunkColumns = clamp(fitting, Math.min(small, output.w), output.w);
    const bandBytes = columnBytes * ((chunkColumns - 1) * stride.w + kernel.w);
    const fillsPairs = chunkColumns < output.w || output.w % 2 === 0;
    const chunkRows = fillsPairs || 2 * bandBytes > budgetBytes ? 1 : Math.min(2, output.h);
    return { chunkColumns, chunkRows, bandBytes, scratchBytes: chunkRows * bandBytes };
  }
}
