import type { CField } from '../../ir/program.ts';
import { mapOf, type QuantConv, type QuantModel } from '../../ir/quant-model.ts';
import { clamp } from '../../util/math.ts';
import { fitDirectRequant } from '../dsp/requant.ts';
import { field, placedMap, struct, windowStruct } from '../fields.ts';
import { onlyInput, type LayerContext, type LayerKernel } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField } from '../weighted-sum.ts';
import {
  multiplyKernel,
  multiplyStruct,
  narrowStreamStruct,
  planStreamBlock,
  type StreamBlock,
} from './multiply.ts';

/** Columns that are worth laying out together where they are small, and what they may take. */
const SOME_COLUMNS = 16;
const FEW_COLUMNS = 4;
const SMALL_BAND_BYTES = 1024;
/** Rows that are worth a few bytes more. */
const FEW_ROWS = 4;
/** Pixels that are copied before outputs take their place. */
const COPIED_PIXELS = 8;
const SMALL_COPY_BYTES = 512;

const NO_BLOCK: StreamBlock = { channels: 0, bytes: 0 };

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
  const fitted = isSupported ? fitDirectRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const isPadded = Math.max(padding.top, padding.bottom, padding.left, padding.right) > 0;
  const isPointwise = kernel.h === 1 && kernel.w === 1 && !isPadded;
  const isNarrow = layer.weights.bits < 8;
  const block = isNarrow ? planStreamBlock(fitted, values, output.c, budgetBytes) : NO_BLOCK;
  const band = isPointwise ? null : planBand(budgetBytes - block.bytes);
  const copiedPixels = isPointwise && !isNarrow ? planCopies() : 0;
  const shape = isPointwise ? 'pointwise' : 'conv';
  const bytesName = `qmcu_${shape}_s8_mve`;
  const name = isNarrow ? `qmcu_${shape}_wn_mve` : bytesName;
  const bandPixels = band === null ? Infinity : band.chunkColumns * band.chunkRows;
  return {
    function: name,
    scratchBytes: block.bytes + (band?.scratchBytes ?? copiedPixels * input.c),
    isPortable: false,
    replacesInput: copiedPixels > 0,
    chunkPixels: isNarrow ? Infinity : bandPixels,
    blockPixels: bandPixels,
    lower: (context, scratchOffset) => {
      const fields = fieldsOf(context, scratchOffset + block.bytes);
      const summary = `conv ${summarizeWindow(window)}`;
      if (!isNarrow) return { kernel: multiplyKernel(name), fields, summary };
      const stream = narrowStreamStruct(fitted, context, values, weightsOf, block, scratchOffset);
      return {
        kernel: multiplyKernel(name, [`${bytesName}.c`, 'qmcu_stream_wn_mve.c']),
        fields: [
          field('output', placedMap(context.output.id)),
          field(shape, struct(...fields)),
          field('weights', stream),
        ],
        summary,
      };
    },
  };

  function fieldsOf(context: LayerContext, scratchOffset: number): readonly CField[] {
    return [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      field('window', windowStruct(window)),
      field('multiply', multiplyStruct(fitted!, context, values, weightsOf)),
      ...(band === null
        ? [field('copied_pixels', copiedPixels)]
        : [
            padPixelField(context, onlyInput(context), window),
            field('chunk_columns', band.chunkColumns),
            field('chunk_rows', band.chunkRows),
            field('waits', band.waitingBytes > 0 ? 1 : 0),
            field('band_bytes', band.bandBytes),
          ]),
      field('scratch', scratchOffset),
    ];
  }

  /** As many columns at once as the budget allows, then as many rows before the band is filled anew. */
  function planBand(bandBudgetBytes: number) {
    const columnBytes = kernel.h * input.c;
    const rowBytes = stride.h * input.c;
    const canSlide = dilation.h === 1 && stride.h < kernel.h;
    const bytesOf = (columns: number): number => columnBytes * ((columns - 1) * stride.w + kernel.w);
    const fitting =
      Math.floor(
        (Math.floor((bandBudgetBytes - (output.w % 2) * values) / columnBytes) - kernel.w) / stride.w,
      ) + 1;
    const small = clamp(Math.floor(SMALL_BAND_BYTES / (columnBytes * stride.w)), FEW_COLUMNS, SOME_COLUMNS);
    const chunkColumns = clamp(fitting, Math.min(small, output.w), output.w);
    const waitingBytes = output.w % 2 === 0 ? 0 : values;
    const spareBytes = bandBudgetBytes - waitingBytes - bytesOf(chunkColumns);
    const chunkRows = canSlide
      ? clamp(Math.floor(spareBytes / rowBytes) + 1, Math.min(FEW_ROWS, output.h), output.h)
      : 1;
    const bandBytes = bytesOf(chunkColumns) + (chunkRows - 1) * rowBytes;
    return { chunkColumns, chunkRows, bandBytes, waitingBytes, scratchBytes: bandBytes + waitingBytes };
  }

  /** Pixels to copy, where outputs may then take the place of inputs, and where about so much scratch is offered. */
  function planCopies(): number {
    const copyBytes = COPIED_PIXELS * input.c;
    const isOffered = copyBytes <= budgetBytes && budgetBytes <= 2 * Math.max(copyBytes, SMALL_COPY_BYTES);
    const mayReplace = stride.h === 1 && stride.w === 1 && output.c <= input.c;
    return isOffered && mayReplace ? COPIED_PIXELS : 0;
  }
}
