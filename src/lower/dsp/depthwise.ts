import { sameShape } from '../../ir/geometry.ts';
import type { CField, ConstantArray, Kernel } from '../../ir/program.ts';
import { mapOf, type QuantDepthwise, type QuantModel } from '../../ir/quant-model.ts';
import { ceilDiv } from '../../util/math.ts';
import { field, placedMap, pointer, windowStruct } from '../fields.ts';
import { onlyInput, zeroPoints, type LayerContext } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { summarizeWindow } from '../summary.ts';
import { fitDirectRequant } from './requant.ts';
import { scratchField } from './tile.ts';
import type { DspKernel } from './select.ts';

const INT8_MIN = -128;
const INT8_MAX = 127;
/** Channels that are laid out together. */
const LANES = 4;
/** What a row of four outputs may read past the last plane. */
const SLACK_BYTES = 32;
/** Square kernels that have assembly of their own. */
const EXTENTS = [3, 5, 7];
/** Bytes of what is kept of each row of outputs. */
const WINDOW_BYTES = 12;
/** Instructions: to unpack a value, for each row of outputs, and for each tile. */
const UNPACK_COST = 2;
const ROW_COST = 16;
const TILE_COST = 130;

/** Outputs computed at once. */
interface DepthwiseTile {
  readonly rows: number;
  readonly columns: number;
  readonly scratchBytes: number;
}

/** A depthwise convolution of maps of bytes, one output channel an input channel. */
export function dspDepthwise(
  model: QuantModel,
  layer: QuantDepthwise,
  budgetBytes: number,
): DspKernel | null {
  const found = depthwiseInTiles(model, layer, budgetBytes, 0);
  if (found === null) return null;
  const offer = (widths: string): DspKernel => {
    const run = depthwiseKernel(extentOf(layer), widths, []);
    return {
      function: run.function,
      scratchBytes: found.scratchBytes,
      isPortable: false,
      replacesInput: found.replacesInput,
      chunkPixels: found.chunkPixels,
      lower: (context, scratchOffset) => ({
        kernel: run,
        fields: found.fields(context, scratchOffset),
        summary: `depthwise ${summarizeWindow(layer.window)}`,
      }),
    };
  };
  // Pairs are limited by saturation to 8 bits alone.
  const isUnlimited = layer.clamp.min <= INT8_MIN && layer.clamp.max >= INT8_MAX;
  const onPairs: DspKernel = { ...offer('s8_pairs'), replacesInput: false, writes: 'pairs' };
  return { ...offer('s8'), ...(isUnlimited && { onPairs }) };
}

/** What a depthwise kernel needs that computes tile by tile, and the fields of its struct. */
export interface TiledDepthwise {
  readonly scratchBytes: number;
  readonly replacesInput: boolean;
  readonly chunkPixels: number;
  readonly fields: (context: LayerContext, scratchOffset: number) => readonly CField[];
}

/**
 * A depthwise convolution on planes, the scratch for which ends with `bytesAnOutput` for each output of a tile; null where
 * there is none.
 */
export function depthwiseInTiles(
  model: QuantModel,
  layer: QuantDepthwise,
  budgetBytes: number,
  bytesAnOutput: number,
): TiledDepthwise | null {
  const { kernel, stride, dilation } = layer.window;
  const output = mapOf(model, layer.output).shape;
  const isSupported =
    layer.multiplier === 1 && output.c >= LANES && stride.w <= 2 && dilation.h === 1 && dilation.w === 1;
  const taps = kernel.h * kernel.w;
  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let tap = 0; tap < taps; tap++) yield [tap * output.c + channel, channel];
  }
  const fitted = isSupported ? fitDirectRequant(layer, weightsOf) : null;
  if (fitted === null) return null;

  const tile = planTile(layer, output.h, output.w, budgetBytes, bytesAnOutput);
  return {
    scratchBytes: tile.scratchBytes,
    replacesInput: replacesInput(model, layer, tile),
    chunkPixels: tile.rows * tile.columns,
    fields: (context, scratchOffset) => [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      field('window', windowStruct(layer.window)),
      ...constantFields(fitted, context, taps),
      field('requant', requantStruct(context, fitted.requant, fitted.clamp)),
      field('tile_rows', tile.rows),
      field('tile_columns', tile.columns),
      scratchField(scratchOffset),
    ],
  };
}

/** The extent of a square kernel that has assembly of its own; null for any other. */
export function extentOf({ window: { kernel } }: QuantDepthwise): number | null {
  return kernel.h === kernel.w && EXTENTS.includes(kernel.h) ? kernel.h : null;
}

function constantFields(layer: QuantDepthwise, context: LayerContext, taps: number): readonly CField[] {
  const { data, bias, zeroPoint } = layer.weights;
  const zeros = Int8Array.from(zeroPoints(onlyInput(context)));
  const constants: Readonly<Record<string, string>> = {
    weights: context.constant('weights', weightsByChannel(data, taps), 'weights by channel'),
    bias: context.constant('bias', bias, 'biases'),
    zero_points: context.constant('zeros', zeros, 'zero points of the input, one a channel'),
  };
  return [
    field('weight_zero_point', zeroPoint),
    ...Object.entries(constants).map(([name, array]) => field(name, pointer(array))),
  ];
}

/**
 * Of each block of channels the whole input is laid out before an output is written, which goes to where the same channel of the
 * same pixel was.
 */
function replacesInput(model: QuantModel, layer: QuantDepthwise, { rows, columns }: DepthwiseTile): boolean {
  const output = mapOf(model, layer.output).shape;
  const isOneTile = rows >= output.h && columns >= output.w;
  return isOneTile && output.c % LANES === 0 && sameShape(mapOf(model, layer.inputs[0]!).shape, output);
}

/** The cheapest tile within the budget; where none is, the smallest. */
function planTile(
  layer: QuantDepthwise,
  height: number,
  width: number,
  budgetBytes: number,
  bytesAnOutput: number,
): DepthwiseTile {
  const { kernel, stride } = layer.window;
  const halfWords = Math.max(1, Math.floor(kernel.w / 2));
  const tapWords = kernel.h * (stride.w === 1 ? 2 * halfWords : halfWords + 1);
  const tileOf = (columns: number, rows: number): DepthwiseTile & { readonly cost: number } => {
    const words = ceilDiv((columns - 1) * stride.w + kernel.w, 2);
    const inputRows = (rows - 1) * stride.h + kernel.h;
    const instructions = UNPACK_COST * inputRows * 2 * words + ROW_COST * rows + TILE_COST;
    return {
      rows,
      columns,
      scratchBytes:
        WINDOW_BYTES * rows +
        4 * (tapWords + LANES * words * inputRows) +
        SLACK_BYTES +
        bytesAnOutput * rows * columns,
      cost: instructions / (rows * columns),
    };
  };
  let best = tileOf(Math.min(width, 2), 1);
  for (let parts = 1; parts <= ceilDiv(width, 2); parts++) {
    const columns = Math.min(width, 2 * ceilDiv(ceilDiv(width, parts), 2));
    let rows = height;
    while (rows > 1 && tileOf(columns, rows).scratchBytes > budgetBytes) rows--;
    const tile = tileOf(columns, rows);
    if (tile.scratchBytes <= budgetBytes && tile.cost < best.cost) best = tile;
  }
  const { rows, columns, scratchBytes } = best;
  return { rows, columns, scratchBytes };
}

/** Weights as [channel][tap] instead of [tap][channel], with what reading the last ones as a word touches. */
function weightsByChannel(data: ConstantArray['data'], taps: number): Int8Array {
  const channels = data.length / taps;
  const byChannel = new Int8Array(data.length + 2);
  for (let c = 0; c < channels; c++) {
    for (let tap = 0; tap < taps; tap++) byChannel[c * taps + tap] = data[tap * channels + c]!;
  }
  return byChannel;
}

/** The kernel of an extent for maps of some widths, which are part of its name. */
export function depthwiseKernel(extent: number | null, widths: string, sources: readonly string[]): Kernel {
  const square = extent === null ? '' : `_${extent}x${extent}`;
  const name = `qmcu_depthwise${square}_${widths}_dsp`;
  const planes = extent === null ? [] : [`qmcu_planes${square}_dsp.c`];
  return {
    function: name,
    header: `qmcu_depthwise_${widths}_dsp.h`,
    sources: [
      `${name}.c`,
      'qmcu_depthwise_run_dsp.c',
      'qmcu_plane_input_dsp.c',
      'qmcu_planes_dsp.c',
      'qmcu_planes_any_dsp.c',
      ...planes,
      ...sources,
    ],
  };
}
