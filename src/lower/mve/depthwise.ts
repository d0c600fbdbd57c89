import { mapOf, type QuantDepthwise, type QuantModel } from '../../ir/quant-model.ts';
import { ceilDiv, clamp } from '../../util/math.ts';
import { fitDspRequant } from '../dsp/requant.ts';
import { field } from '../fields.ts';
import { kernelNamed, type LayerKernel } from '../layer-context.ts';
import { lowerDepthwise } from '../ops/depthwise.ts';
import { BLOCK_VALUES } from './multiply.ts';

const KERNEL = kernelNamed('qmcu_depthwise_s8_mve');

/** Channels that are laid out as planes, and output rows that are computed at most, at once. */
const GROUP = 8;
const MAX_ROWS = 4;
const MAX_PLANE_BYTES = 8191;
const SLACK_BYTES = BLOCK_VALUES - 1;

/** A depthwise convolution, one output channel an input channel; null where another kernel serves. */
export function mveDepthwise(
  model: QuantModel,
  layer: QuantDepthwise,
  budgetBytes: number,
): LayerKernel | null {
  const { kernel, stride, dilation } = layer.window;
  const output = mapOf(model, layer.output).shape;
  const taps = kernel.h * kernel.w;
  const isSupported =
    layer.multiplier === 1 &&
    layer.weights.zeroPoint === 0 &&
    output.c >= GROUP &&
    dilation.h === 1 &&
    dilation.w === 1;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let tap = 0; tap < taps; tap++) yield [tap * output.c + channel, channel];
  }
  const fitted = isSupported ? fitDspRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const planeRowsOf = (rows: number): number => kernel.h + (rows - 1) * stride.h;
  const blocksOf = (rows: number): number =>
    ceilDiv((kernel.w - 1) * planeRowsOf(rows) + kernel.h, BLOCK_VALUES);
  const rows = blocksOf(MAX_ROWS) > 1 && blocksOf(1) === 1 ? 1 : MAX_ROWS;
  const planeRows = planeRowsOf(rows);
  const bytesOf = (columns: number): number => planeRows * ((columns - 1) * stride.w + kernel.w);
  const planeBudget = Math.min(MAX_PLANE_BYTES, Math.floor((budgetBytes - SLACK_BYTES) / GROUP));
  const fitting = Math.floor((Math.floor(planeBudget / planeRows) - kernel.w) / stride.w) + 1;
  const chunkColumns = clamp(fitting, 1, output.w);
  const planeBytes = bytesOf(chunkColumns);
  if (planeBytes > MAX_PLANE_BYTES) return null;
  const blocks = blocksOf(rows);

  return {
    function: KERNEL.function,
    scratchBytes: GROUP * planeBytes + SLACK_BYTES + (rows - 1) * stride.h,
    isPortable: false,
    replacesInput: false,
    chunkPixels: rows * chunkColumns,
    lower: (context, scratchOffset) => {
      const portable = lowerDepthwise(fitted, {
        ...context,
        constant: (part, data, comment) =>
          part === 'weights'
            ? context.constant(part, layOutWeights(), 'weights, by windows in the planes')
            : context.constant(part, data, comment),
      });
      return {
        ...portable,
        kernel: KERNEL,
        fields: [
          ...portable.fields.filter(({ name }) => name !== 'multiplier' && name !== 'weight_zero_point'),
          field('rows', rows),
          field('blocks', blocks),
          field('chunk_columns', chunkColumns),
          field('plane_bytes', planeBytes),
          field('scratch', scratchOffset),
        ],
      };
    },
  };

  function layOutWeights(): Int8Array {
    const packed = new Int8Array(output.c * blocks * BLOCK_VALUES);
    for (let channel = 0; channel < output.c; channel++) {
      for (let y = 0; y < kernel.h; y++) {
        for (let x = 0; x < kernel.w; x++) {
          packed[channel * blocks * BLOCK_VALUES + x * planeRows + y] =
            layer.weights.data[(y * kernel.w + x) * output.c + channel]!;
        }
      }
    }
    return packed;
  }
}
