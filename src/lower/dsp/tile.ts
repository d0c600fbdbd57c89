import type { CField, ConstantArray, CValue, Kernel } from '../../ir/program.ts';
import { storedWeights, type QuantConv } from '../../ir/quant-model.ts';
import { ceilDiv } from '../../util/math.ts';
import { packSigned } from '../../util/packed-values.ts';
import { field, struct } from '../fields.ts';
import type { LayerContext } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { weightedSumFields, type WeightsOfChannel } from '../weighted-sum.ts';

/** Output channels that a tile computes at once. */
const BLOCK = 2;
/** Pixels beyond which a longer chunk saves next to nothing. */
const MAX_CHUNK_PIXELS = 64;
/** Instructions a MAC: what weights cost that are not expanded, and what expanding them costs, shared by the pixels that follow. */
const PACKED_COST = 0.25;
const EXPANSION_COST = 0.75;
/** What each block of channels costs for each chunk, in multiplications of one weight. */
const BLOCK_COST = 60;

/** A convolution as the matrix product of qmcu_multiply_dsp.h: each pixel's values in `runs` runs of `runValues`. */
export interface TileShape {
  readonly runs: number;
  readonly runValues: number;
  readonly channels: number;
  /** Whether weights may be multiplied as they stand in flash: they are bytes without a zero point. */
  readonly areWeightsReady: boolean;
}

/** How a tile kernel shares out its scratch. */
export interface TilePlan {
  /** Of four values each. */
  readonly groups: number;
  readonly chunkPixels: number;
  /** Blocks of channels expanded at once: none, 1 or all. */
  readonly expandedBlocks: number;
  readonly scratchBytes: number;
}

/** Pairs of values that a run takes (qmcu_multiply_dsp.h): two for four values, and one or two for the rest. */
function pairsOfRun(values: number): number {
  return 2 * Math.floor(values / 4) + Math.min(values % 4, 2);
}

/**
 * The fastest way within `budgetBytes` to share out scratch: all weights expanded once a call, or a block of channels for each
 * chunk of pixels, or none, which takes least and is the way where nothing fits. `pixels` is what one kernel call computes at
 * most.
 */
export function planTile(shape: TileShape, pixels: number, budgetBytes: number): TilePlan {
  const groups = ceilDiv(shape.runs * pairsOfRun(shape.runValues), 2);
  const blocks = ceilDiv(shape.channels, BLOCK);
  const wanted = Math.min(MAX_CHUNK_PIXELS, 2 * ceilDiv(pixels, 2));
  const planWith = (expandedBlocks: number): { readonly plan: TilePlan; readonly cost: number } => {
    const expandedBytes = expandedBlocks * 16 * groups;
    const fitting = 2 * Math.floor((budgetBytes - expandedBytes) / (16 * groups));
    const chunkPixels = Math.min(wanted, Math.max(fitting, 2));
    const weightCost =
      expandedBlocks === 0
        ? PACKED_COST
        : EXPANSION_COST / (expandedBlocks === 1 ? chunkPixels : Math.max(chunkPixels, pixels));
    const scratchBytes = expandedBytes + chunkPixels * 8 * groups;
    return {
      plan: { groups, chunkPixels, expandedBlocks, scratchBytes },
      cost: weightCost + BLOCK_COST / (chunkPixels * BLOCK * 4 * groups),
    };
  };
  const ways = (shape.areWeightsReady ? [0, 1, blocks] : [1, blocks]).map(planWith);
  const fitting = ways.filter(({ plan }) => plan.scratchBytes <= budgetBytes);
  return fitting.reduce((a, b) => (b.cost < a.cost ? b : a), fitting[0] ?? ways[0]!).plan;
}

/**
 * The same on pairs as they stand, in no more scratch than `onValues` takes. `runPixels`: what adjoins in memory, for which weights are
 * expanded once.
 */
export function planOnPairs(
  shape: TileShape,
  runPixels: number,
  { groups, scratchBytes }: TilePlan,
): TilePlan {
  const blocks = ceilDiv(shape.channels, BLOCK);
  const costOf = (expandedBlocks: number): number =>
    expandedBlocks === 0 ? PACKED_COST : expandedBlocks === 1 ? EXPANSION_COST / runPixels : 0;
  const fitting = (shape.areWeightsReady ? [0, 1, blocks] : [1, blocks]).filter(
    (expandedBlocks) => expandedBlocks * 16 * groups <= scratchBytes,
  );
  const expandedBlocks = fitting.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
  return { groups, chunkPixels: 0, expandedBlocks, scratchBytes: expandedBlocks * 16 * groups };
}

/** `qmcu_tile_s8_dsp`; `weightsOf` lists a channel's weights run by run. */
export function tileStruct(
  layer: QuantConv,
  context: LayerContext,
  shape: TileShape,
  plan: TilePlan,
  weightsOf: WeightsOfChannel,
): CValue {
  const { zeroPoint, bits, raise } = layer.weights;
  const data = storedWeights(layer.weights);
  // A last block of which one channel is missing begins one earlier.
  const starts = blockStarts(shape.channels, BLOCK).map((c) =>
    Math.max(0, Math.min(c, shape.channels - BLOCK)),
  );
  const [input] = context.inputs;
  const inBlocks: LayerContext = {
    ...context,
    constant: (part, values, comment) =>
      part === 'weights'
        ? context.constant(
            part,
            packBits(
              packTileWeights(shape, plan.groups, starts, BLOCK, zeroPoint, (channel) =>
                Array.from(weightsOf(channel), ([index]) => data[index]!),
              ),
              bits,
            ),
            `${comment}${bits < 8 ? ` of ${bits} bits` : ''}, by blocks of ${BLOCK} channels`,
          )
        : context.constant(part, wholeBlock(values), comment),
  };
  return struct(
    ...weightedSumFields({ weights: { ...layer.weights, bits: 8 } }, inBlocks, input!, weightsOf),
    field('weight_bits', bits),
    field('weight_raise', raise),
    field('requant', requantStruct(inBlocks, layer.requant, layer.clamp)),
    field('groups', plan.groups),
    field('chunk_pixels', plan.chunkPixels),
    field('expanded_blocks', plan.expandedBlocks),
  );
}

/** Of the eight weights of a group, the order in which qmcu_expand_narrow_weights takes them. */
const NARROW_ORDER = [0, 4, 1, 5, 2, 6, 3, 7] as const;
/** What reading the last ones as a word may touch beyond them. */
const SLACK_BYTES = 3;

/** Weights by groups as they are stored at their width. */
function packBits(weights: Int8Array, bits: number): Int8Array {
  if (bits === 8) return weights;
  const group = NARROW_ORDER.length;
  const ordered = weights.map((_, i) => weights[i - (i % group) + NARROW_ORDER[i % group]!]!);
  return Int8Array.from([...packSigned(ordered, bits), ...new Array<number>(SLACK_BYTES).fill(0)]);
}

/** Entries for a block of channels at least: the only one twice. */
function wholeBlock<T extends ConstantArray['data']>(data: T): T {
  const padded = data.constructor as unknown as { from: (values: Iterable<number>) => T };
  return padded.from(data.length < BLOCK ? [...data, ...data] : data);
}

/** The first channel of each block. */
export function blockStarts(channels: number, block: number): readonly number[] {
  return Array.from({ length: ceilDiv(channels, block) }, (_, i) => i * block);
}

/**
 * Weights in the order of qmcu_multiply_dsp.h: for each block of channels, for each two pairs, of each channel the low values
 * of both pairs and then the high ones. What is missing has the weights' zero point. `starts`: the first channel of each block
 * of `block` channels.
 */
export function packTileWeights(
  shape: Pick<TileShape, 'runs' | 'runValues' | 'channels'>,
  groups: number,
  starts: readonly number[],
  block: number,
  zeroPoint: number,
  valuesOf: (channel: number) => readonly number[],
): Int8Array {
  const packed = new Int8Array(starts.length * groups * block * 4).fill(zeroPoint);
  starts.forEach((start, index) => {
    for (let lane = 0; lane < block && start + lane < shape.channels; lane++) {
      const values = valuesOf(start + lane);
      for (let run = 0; run < shape.runs; run++) {
        for (let k = 0; k < shape.runValues; k++) {
          const pair = run * pairsOfRun(shape.runValues) + 2 * Math.floor(k / 4) + (k % 2);
          const isHigh = k % 4 >= 2;
          const group = index * groups + Math.floor(pair / 2);
          packed[(group * block + lane) * 4 + (isHigh ? 2 : 0) + (pair % 2)] =
            values[run * shape.runValues + k]!;
        }
      }
    }
  });
  return packed;
}

/** A kernel of the DSP extension that multiplies in tiles. */
export function tileKernel(name: string): Kernel {
  return {
    function: name,
    header: `${name}.h`,
    sources: [`${name}.c`, 'qmcu_tile_s8_dsp.c', 'qmcu_multiply_dsp.c', 'qmcu_unpack_dsp.c'],
  };
}

export function scratchField(offsetBytes: number): CField {
  return field('scratch', offsetBytes);
}
