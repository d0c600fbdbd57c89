import { sameShape } from '../../ir/geometry.ts';
import type { Kernel } from '../../ir/program.ts';
import { mapOf, type QuantDepthwise, type QuantModel } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { ceilDiv, sum } from '../../util/math.ts';
import { fitDirectRequant } from '../dsp/requant.ts';
import { field, placedMap, pointer, windowStruct } from '../fields.ts';
import {
  onlyInput,
  uniformZeroPoint,
  zeroPoints,
  hasOneZeroPoint,
  type LayerContext,
  type LayerKernel,
} from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { foldZeroPoints, padPixelField } from '../weighted-sum.ts';

const NAME = 'qmcu_depthwise_3x3_s8_mve';
const KERNEL: Kernel = {
  function: NAME,
  header: `${NAME}.h`,
  sources: [`${NAME}.c`, 'qmcu_windows_3x3_mve.c'],
};

const EXTENT = 3;
const TAPS = EXTENT * EXTENT;
/** Channels that are laid out as planes at once, where there are few, and else. */
const FEW_PLANES = 8;
const PLANES = 16;
const MAX_PLANE_BYTES = 4368;
const SLACK_BYTES = 32;
/** Bytes that a step of outputs may span. */
const MAX_PLACE = 65535;
const STEP_PIXELS = 8;
/** Output rows after which the planes begin anew where they have no room for all. */
const SOME_ROWS = [16, 8, 4, 2] as const;
/** Instructions of a channel: to begin a chunk, to lay out a value, to turn weights, and for each run of outputs of one line, or of two. */
const BEGIN_COST = 20;
const LAY_OUT_COST = 0.5;
const TURN_COST = 10;
const RUN_COST = 50;
/** A channel's weights in flash, with what stands before, behind and between their columns. */
const WEIGHT_BYTES = 16;
const ZEROS_BEFORE = 5;
const COLUMN_BYTES = 4;
const INT8 = integerRange(8);

/** Outputs whose windows fit in a plane at once. */
interface Chunk {
  readonly rows: number;
  readonly columns: number;
  readonly planeBytes: number;
  /** Whether lines are columns, from top to bottom, where so many rows are computed at once. */
  readonly isTurned: boolean;
}

/** A depthwise 3×3 convolution of stride 1 or 2 whose outputs may be all of −128 … 127; null where another kernel serves. */
export function mveDepthwise3x3(
  model: QuantModel,
  layer: QuantDepthwise,
  budgetBytes: number,
): LayerKernel | null {
  const { window, weights } = layer;
  const { kernel, stride, dilation } = window;
  const input = mapOf(model, layer.inputs[0]!);
  const output = mapOf(model, layer.output);
  const isSupported =
    layer.multiplier === 1 &&
    weights.zeroPoint === 0 &&
    kernel.h === EXTENT &&
    kernel.w === EXTENT &&
    stride.h === stride.w &&
    stride.h <= 2 &&
    dilation.h === 1 &&
    dilation.w === 1 &&
    (!hasOneZeroPoint(output) || (layer.clamp.min === INT8.min && layer.clamp.max === INT8.max));
  const channels = output.shape.c;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let tap = 0; tap < TAPS; tap++) yield [tap * channels + channel, channel];
  }
  const fitted = isSupported ? fitDirectRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const planes = channels > FEW_PLANES ? PLANES : FEW_PLANES;
  const { h, w } = output.shape;
  const mayTurn = STEP_PIXELS * channels * w <= MAX_PLACE;
  const planesBytesOf = ({ planeBytes }: Chunk): number => planes * planeBytes + SLACK_BYTES;
  const scratchBytesOf = (one: Chunk): number =>
    planesBytesOf(one) + (one.isTurned ? (planes + 1) * WEIGHT_BYTES : 0);
  const chunk = planChunk(
    stride.h,
    h,
    w,
    mayTurn,
    (one) => one.planeBytes <= MAX_PLANE_BYTES && scratchBytesOf(one) <= budgetBytes,
  );
  const isWhole = chunk.rows === h && chunk.columns === w;
  return {
    function: NAME,
    scratchBytes: scratchBytesOf(chunk),
    isPortable: false,
    // Of each channel only rows that were laid out are written over.
    replacesInput: isWhole && stride.h === 1 && sameShape(input.shape, output.shape),
    chunkPixels: pixelsOfRun(chunk, stride.h),
    lower: (context, scratchOffset) => ({
      kernel: KERNEL,
      fields: [
        field('input', placedMap(onlyInput(context).id)),
        field('output', placedMap(context.output.id)),
        field('window', windowStruct(window)),
        field('weights', pointer(context.constant('weights', layOutWeights(), 'weights, by columns'))),
        field('constants', pointer(context.constant('constants', constantsOf(context), CONSTANTS_COMMENT))),
        padPixelField(context, onlyInput(context), window),
        field('zero_point', hasOneZeroPoint(context.output) ? uniformZeroPoint(context.output) : 0),
        field('rounds_twice', fitted.requant.rounding === 'tflite' ? 1 : 0),
        field('planes', planes),
        field('chunk_columns', chunk.columns),
        field('chunk_rows', chunk.rows),
        field('plane_bytes', chunk.planeBytes),
        field('scratch', scratchOffset),
        field('turned_weights', chunk.isTurned ? scratchOffset + planesBytesOf(chunk) : 0),
      ],
      summary: `depthwise ${summarizeWindow(window)}`,
      weightBits: weights.bits,
    }),
  };

  function layOutWeights(): Int8Array {
    const packed = new Int8Array(channels * WEIGHT_BYTES + ZEROS_BEFORE);
    for (let channel = 0; channel < channels; channel++) {
      for (let tap = 0; tap < TAPS; tap++) {
        const [y, x] = [Math.floor(tap / EXTENT), tap % EXTENT];
        packed[channel * WEIGHT_BYTES + ZEROS_BEFORE + x * COLUMN_BYTES + y] =
          weights.data[tap * channels + channel]!;
      }
    }
    return packed;
  }

  function constantsOf(context: LayerContext): Int32Array {
    const { requant } = fitted!;
    const bias = foldZeroPoints(fitted!.weights, zeroPoints(onlyInput(context)), weightsOf);
    const entry = (array: Int32Array, channel: number): number => array[array.length === 1 ? 0 : channel]!;
    return Int32Array.from(
      Array.from(bias, (value, channel) => [
        value,
        entry(requant.multiplier, channel),
        ...(requant.rounding === 'tflite' ? [entry(requant.shift, channel)] : []),
      ]).flat(),
    );
  }
}

const CONSTANTS_COMMENT = 'biases, multipliers and shifts, by channel';

/** Pixels for which a channel is begun once; fewer where the lines that two chunks share are laid out twice. */
function pixelsOfRun({ rows, columns, isTurned }: Chunk, stride: number): number {
  const [lines, length] = isTurned ? [columns, rows] : [rows, columns];
  const inLines = lines * stride;
  return ((stride === 1 ? 2 : 1) * length * inLines) / (inLines + EXTENT - stride);
}

/** The cheapest chunk that fits; where none does, the smallest. */
function planChunk(
  stride: number,
  height: number,
  width: number,
  mayTurn: boolean,
  fits: (chunk: Chunk) => boolean,
): Chunk {
  const costOf = (rows: number, columns: number, isTurned: boolean): number => {
    const [lines, length] = isTurned ? [columns, rows] : [rows, columns];
    const inputs = extentOf(lines, stride) * extentOf(length, stride);
    const runs = ceilDiv(lines, stride === 1 ? 2 : 1);
    return BEGIN_COST + LAY_OUT_COST * inputs + RUN_COST * runs + (isTurned ? TURN_COST : 0);
  };
  const chunkOf = (rows: number, columns: number, isTurned: boolean): Chunk & { readonly cost: number } => {
    const [inLines, inLength] = (isTurned ? [columns, rows] : [rows, columns]).map((extent) =>
      extentOf(extent, stride),
    );
    return {
      rows,
      columns,
      isTurned,
      // Lines are laid out in pairs.
      planeBytes: COLUMN_BYTES * (inLength! - 1) + 2 * ceilDiv(inLines!, 2),
      cost: sum(
        partsOf(height, rows).flatMap((h) =>
          partsOf(width, columns).map((w) => h.count * w.count * costOf(h.extent, w.extent, isTurned)),
        ),
      ),
    };
  };
  const rowChoices = [height, ...SOME_ROWS.filter((rows) => rows < height)];
  const columnChoices = Array.from({ length: width }, (_, i) => ceilDiv(width, i + 1));
  const chunks = rowChoices.flatMap((rows) =>
    columnChoices.flatMap((columns) => [
      chunkOf(rows, columns, false),
      ...(mayTurn && rows > columns ? [chunkOf(rows, columns, true)] : []),
    ]),
  );
  const smallest = chunks.filter(({ isTurned }) => !isTurned).at(-1)!;
  const fitting = chunks.filter(fits);
  return fitting.reduce((a, b) => (b.cost < a.cost ? b : a), fitting[0] ?? smallest);
}

/** What `outputs` outputs in a line read of it. */
function extentOf(outputs: number, stride: number): number {
  return (outputs - 1) * stride + EXTENT;
}

/** An extent cut into parts of `most`, the last one of what is left. */
function partsOf(
  extent: number,
  most: number,
): readonly { readonly extent: number; readonly count: number }[] {
  const rest = extent % most;
  const whole = { extent: most, count: Math.floor(extent / most) };
  return rest === 0 ? [whole] : [whole, { extent: rest, count: 1 }];
}
