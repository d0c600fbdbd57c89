import { elementCount } from '../../ir/geometry.ts';
import { mapOf, type QuantConv, type QuantModel } from '../../ir/quant-model.ts';
import { clamp } from '../../util/math.ts';
import { fitDspRequant } from '../dsp/requant.ts';
import { field, placedMap, windowStruct } from '../fields.ts';
import { onlyInput, type LayerKernel } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField } from '../weighted-sum.ts';
import { BLOCK_VALUES, multiplyKernel, multiplyStruct } from './multiply.ts';

const TILE_PIXELS = 4;
/** What reading a window in whole blocks may touch beyond it. */
const SLACK_BYTES = BLOCK_VALUES - 1;

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
  const isSupported = layer.groups === 1 && layer.weights.zeroPoint === 0 && dilation.w === 1;
  const fitted = isSupported ? fitDspRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const isPadded = Math.max(padding.top, padding.bottom, padding.left, padding.right) > 0;
  const isPointwise = kernel.h === 1 && kernel.w === 1 && !isPadded && input.c % BLOCK_VALUES === 0;
  const band = isPointwise ? null : planBands();
  const name = isPointwise ? 'qmcu_pointwise_s8_mve' : 'qmcu_conv_s8_mve';
  return {
    function: name,
    scratchBytes: band?.scratchBytes ?? 0,
    isPortable: false,
    replacesInput: false,
    chunkPixels: Infinity,
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
      macs: elementCount(output) * values,
      weightBits: layer.weights.bits,
    }),
  };

  /** As many columns at once as the budget allows; several rows where one does not fill its tiles. */
  function planBands() {
    const columnBytes = kernel.h * input.c;
    const columnsWithin = Math.floor((budgetBytes - SLACK_BYTES) / columnBytes);
    const fitting = Math.floor((columnsWithin - kernel.w) / stride.w) + 1;
    const chunkColumns = clamp(fitting, Math.min(TILE_PIXELS, output.w), output.w);
    const bandBytes = columnBytes * ((chunkColumns - 1) * stride.w + kernel.w);
    const fillsTiles = chunkColumns < output.w || output.w % TILE_PIXELS === 0;
    const rowsWithin = Math.floor((budgetBytes - SLACK_BYTES) / bandBytes);
    const chunkRows = fillsTiles ? 1 : clamp(rowsWithin, 1, Math.min(TILE_PIXELS, output.h));
    return { chunkColumns, chunkRows, bandBytes, scratchBytes: chunkRows * bandBytes + SLACK_BYTES };
  }
}
