import type { CField, ConstantArray, CValue, Kernel } from '../../ir/program.ts';
import type { QuantConv } from '../../ir/quant-model.ts';
import { ceilDiv } from '../../util/math.ts';
import { field, struct } from '../fields.ts';
import type { LayerContext } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { weightedSumFields, type WeightsOfChannel } from '../weighted-sum.ts';

/** Output channels that a tile computes at once. */
const BLOCK = 4;
/** Pixels beyond which a longer chunk saves next to nothing. */
const MAX_CHUNK_PIXELS = 64;
const MIN_CHUNK_PIXELS = 4;

/** A convolution as the matrix product of qmcu_multiply_dsp.h: each pixel's values in `runs` runs of `runValues`. */
export interface TileShape {
  readonly runs: number;
  readonly runValues: number;
  readonly channels: number;
  readonly isTwiceRounded: boolean;
}

/** How a tile kernel shares out its scratch. */
export interface TilePlan {
  readonly pairs: number;
  readonly chunkPixels: number;
  /** Blocks of channels expanded at once: 1 or all. */
  readonly expandedBlocks: number;
  readonly scratchBytes: number;
}

/** Pairs of values that a run takes (qmcu_multiply_dsp.h): two for four values, and one or two for the rest. */
function pairsOfRun(values: number): number {
  return 2 * Math.floor(values / 4) + Math.min(values % 4, 2);
}

/**
 * Keeps all weights expanded where that leaves room for a chunk of pixels within `budgetBytes`; else expands a block at a
 * time, and takes as many pixels a chunk as the budget allows. `pixels` is what one kernel call computes at most.
 */
export function planTile(shape: TileShape, pixels: number, budgetBytes: number): TilePlan {
  const pairs = shape.runs * pairsOfRun(shape.runValues);
  const blocks = ceilDiv(shape.channels, BLOCK);
  const blockBytes = 4 * (4 + 4 * pairs + (shape.isTwiceRounded ? 12 : 4));
  const pixelBytes = 4 * pairs + 4;
  const pixelsWithin = (bytes: number): number => 2 * Math.floor(bytes / (2 * pixelBytes));
  const wanted = Math.min(MAX_CHUNK_PIXELS, 2 * ceilDiv(pixels, 2));
  const pixelsBesideAll = pixelsWithin(budgetBytes - blocks * blockBytes);
  const keepsAll = pixelsBesideAll >= Math.min(wanted, 2 * MIN_CHUNK_PIXELS);
  const expandedBlocks = keepsAll ? blocks : 1;
  const fitting = keepsAll ? pixelsBesideAll : pixelsWithin(budgetBytes - blockBytes);
  const chunkPixels = Math.min(wanted, Math.max(fitting, MIN_CHUNK_PIXELS));
  return {
    pairs,
    chunkPixels,
    expandedBlocks,
    scratchBytes: chunkPixels * pixelBytes + expandedBlocks * blockBytes,
  };
}

/** `qmcu_tile_s8_dsp`; `weightsOf` lists a channel's weights run by run. */
export function tileStruct(
  layer: QuantConv,
  context: LayerContext,
  shape: TileShape,
  plan: TilePlan,
  weightsOf: WeightsOfChannel,
): CValue {
  const { data, zeroPoint } = layer.weights;
  const [input] = context.inputs;
  const inBlocks: LayerContext = {
    ...context,
    constant: (part, values, comment) =>
      part === 'weights'
        ? context.constant(
            part,
            packTileWeights(shape, plan.pairs, zeroPoint, (channel) =>
              Array.from(weightsOf(channel), ([index]) => data[index]!),
            ),
            `${comment}, by blocks of ${BLOCK} channels`,
          )
        : context.constant(part, wholeBlocks(values), comment),
  };
  return struct(
    ...weightedSumFields(layer, inBlocks, input!, weightsOf),
    field('requant', requantStruct(inBlocks, layer.requant, layer.clamp)),
    field('pairs', plan.pairs),
    field('chunk_pixels', plan.chunkPixels),
    field('expanded_blocks', plan.expandedBlocks),
  );
}

/** Entries for whole blocks of channels: the last one once more for each that is missing. */
function wholeBlocks<T extends ConstantArray['data']>(data: T): T {
  const padded = data.constructor as unknown as { from: (values: Iterable<number>) => T };
  const missing = (BLOCK - (data.length % BLOCK)) % BLOCK;
  return padded.from([...data, ...new Array<number>(missing).fill(data.at(-1)!)]);
}

/**
 * Weights in the order of qmcu_multiply_dsp.h: for each block of channels, for each two pairs, of each channel the low values
 * of both pairs and then the high ones. What is missing has the weights' zero point.
 */
export function packTileWeights(
  shape: TileShape,
  pairs: number,
  zeroPoint: number,
  valuesOf: (channel: number) => readonly number[],
): Int8Array {
  const pairGroups = ceilDiv(pairs, 2);
  const blocks = ceilDiv(shape.channels, BLOCK);
  const packed = new Int8Array(blocks * pairGroups * BLOCK * 4).fill(zeroPoint);
  for (let channel = 0; channel < shape.channels; channel++) {
    const values = valuesOf(channel);
    for (let run = 0; run < shape.runs; run++) {
      for (let k = 0; k < shape.runValues; k++) {
        const pair = run * pairsOfRun(shape.runValues) + 2 * Math.floor(k / 4) + (k % 2);
        const isHigh = k % 4 >= 2;
        const group = Math.floor(channel / BLOCK) * pairGroups + Math.floor(pair / 2);
        packed[(group * BLOCK + (channel % BLOCK)) * 4 + (isHigh ? 2 : 0) + (pair % 2)] =
          values[run * shape.runValues + k]!;
      }
    }
  }
  return packed;
}

/** A kernel of the DSP extension that multiplies in tiles. */
export function tileKernel(name: string): Kernel {
  return {
    function: name,
    header: `${name}.h`,
    sources: [`${name}.c`, 'qmcu_tile_s8_dsp.c', 'qmcu_multiply_dsp.c'],
  };
}

export function scratchField(offsetBytes: number): CField {
  return field('scratch', offsetBytes);
}
