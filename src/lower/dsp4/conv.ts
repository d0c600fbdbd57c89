import { mapOf, type QuantConv, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { ceilDiv, sum } from '../../util/math.ts';
import { packSigned } from '../../util/packed-values.ts';
import { field, placedMap, pointer, windowStruct } from '../fields.ts';
import { kernelNamed, onlyInput, zeroPoints, type LayerContext, type LayerKernel } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';
import { foldZeroPoints, padPixelField } from '../weighted-sum.ts';
import { paysNarrow } from './narrow-cost.ts';
import { cutSegments, ODD_PIXEL_OFFSET } from './segments.ts';

/** Output channels and pixels of a tile. */
const BLOCK = 4;
const TILE_PIXELS = 4;
/** Channels of a block of which a word holds the weights. */
const CHANNEL_PAIRS = [
  [0, 2],
  [1, 3],
] as const;
const SOURCES = ['qmcu_sum_a4_dsp.c', 'qmcu_expand_a4_dsp.c', 'qmcu_windows_a4_dsp.c'] as const;
/** Pixels beyond which a longer chunk saves next to nothing, and the kernel has no place. */
const MAX_CHUNK_PIXELS = 64;
/** Offset of a field while it is summed up (qmcu_sum_a4_dsp.h). */
const FIELD_START = 2 ** 13;
/** Biases up to this stay within 32 bits with the offsets of all segments. */
const LARGEST_BIAS = 2 ** 30;
/** What reading a word of packed weights may touch beyond them. */
const SLACK_BYTES = 3;

/** One block of four output channels: its weights by channel and value, and how its sums are cut. */
interface Block {
  readonly weights: readonly (readonly number[])[];
  readonly segments: readonly number[];
}

export interface NarrowKernel {
  readonly kernel: LayerKernel;
  /** Whether it takes fewer instructions than the layer's other kernels. */
  readonly pays: boolean;
}

/** A convolution of a map of fewer than 8 bits that takes four products with each multiplication; null where it cannot. */
export function narrowConv(model: QuantModel, layer: QuantLayer, budgetBytes: number): NarrowKernel | null {
  if (layer.kind !== 'conv' || layer.groups !== 1 || layer.weights.zeroPoint !== 0) return null;
  const { bits } = mapOf(model, layer.inputs[0]!).affine;
  if (bits === 8 || layer.requant.rounding !== 'single') return null;
  if (!hasRoom(layer)) return null;
  const { shape } = mapOf(model, layer.output);
  const blocks = blocksOf(layer, shape.c, integerRange(bits).max);
  const values = blocks[0]!.weights[0]!.length;
  const blockWords = 2 * values + Math.max(...blocks.map(({ segments }) => segments.length)) + 1;
  const plan = planChunk(values, blocks.length, blockWords, shape.h * shape.w, budgetBytes);
  return {
    kernel: kernelOf(layer, blocks, blockWords, plan),
    pays: paysNarrow({
      shape,
      values,
      segments: sum(blocks.map(({ segments }) => segments.length)) / blocks.length,
      weightBits: layer.weights.bits,
      chunkPixels: plan.chunkPixels,
    }),
  };
}

function blocksOf({ weights: { data } }: QuantConv, channels: number, largest: number): readonly Block[] {
  const values = data.length / channels;
  return Array.from({ length: ceilDiv(channels, BLOCK) }, (_, block) => {
    const weights = Array.from({ length: BLOCK }, (__, i) => {
      const channel = block * BLOCK + i;
      return Array.from({ length: values }, (___, k) =>
        channel < channels ? data[channel * values + k]! : 0,
      );
    });
    return { weights, segments: cutSegments(weights, largest) };
  });
}

function hasRoom({ weights }: QuantConv): boolean {
  return weights.bias.every((bias) => Math.abs(bias) <= LARGEST_BIAS / 2);
}

function kernelOf(
  layer: QuantConv,
  blocks: readonly Block[],
  blockWords: number,
  plan: ChunkPlan,
): LayerKernel {
  const kernel = kernelNamed('qmcu_conv_a4_dsp');
  return {
    function: kernel.function,
    scratchBytes: plan.scratchBytes,
    isPortable: false,
    replacesInput: false,
    chunkPixels: plan.expandedBlocks === blocks.length ? Infinity : plan.chunkPixels,
    blockPixels: plan.chunkPixels,
    lower: (context, scratchOffset) => ({
      kernel: { ...kernel, sources: [...kernel.sources, ...SOURCES] },
      fields: [
        field('input', placedMap(onlyInput(context).id)),
        field('output', placedMap(context.output.id)),
        field('window', windowStruct(layer.window)),
        ...constantFields(layer, blocks, context),
        padPixelField(context, onlyInput(context), layer.window),
        field('values', blocks[0]!.weights[0]!.length),
        field('chunk_pixels', plan.chunkPixels),
        field('expanded_blocks', plan.expandedBlocks),
        field('block_words', blockWords),
        field('weight_bits', layer.weights.bits),
        field('weight_raise', layer.weights.raise),
        field('input_bits', onlyInput(context).affine.bits),
        field('output_bits', context.output.affine.bits),
        field('shift', singleShift(layer)),
        field('min', layer.clamp.min),
        field('max', layer.clamp.max),
        field('scratch', scratchOffset),
      ],
      summary: `conv ${summarizeWindow(layer.window)}`,
    }),
  };
}

/** How many pixels and blocks of weights are laid out at once. */
interface ChunkPlan {
  readonly chunkPixels: number;
  readonly expandedBlocks: number;
  readonly scratchBytes: number;
}

/**
 * As many pixels at once as the budget allows, a block of channels at a time; where these are not all, all blocks expanded if
 * that leaves room for two tiles.
 */
function planChunk(
  values: number,
  blocks: number,
  blockWords: number,
  pixels: number,
  budgetBytes: number,
): ChunkPlan {
  const tileBytes = 8 * values;
  const wantedTiles = Math.min(MAX_CHUNK_PIXELS / TILE_PIXELS, ceilDiv(pixels, TILE_PIXELS));
  const tilesBeside = (count: number): number =>
    Math.min(wantedTiles, Math.floor((budgetBytes - 4 * blockWords * count) / tileBytes));
  const expandedBlocks = tilesBeside(1) < wantedTiles && tilesBeside(blocks) >= 2 ? blocks : 1;
  const tiles = Math.max(1, tilesBeside(expandedBlocks));
  return {
    chunkPixels: TILE_PIXELS * tiles,
    expandedBlocks,
    scratchBytes: tileBytes * tiles + 4 * blockWords * expandedBlocks,
  };
}

function constantFields(layer: QuantConv, blocks: readonly Block[], context: LayerContext) {
  const { weights } = layer;
  const output = context.output;
  const values = blocks[0]!.weights[0]!.length;
  const folded = foldZeroPoints(weights, zeroPoints(onlyInput(context)), (channel) =>
    Array.from({ length: values }, (_, k) => [channel * values + k, k % onlyInput(context).shape.c] as const),
  );
  const bias = blocks.flatMap((block, index) => {
    const even = block.weights.map(
      (_, i) => (folded[index * BLOCK + i] ?? 0) - FIELD_START * block.segments.length,
    );
    const odd = block.weights.map((own, i) => even[i]! + ODD_PIXEL_OFFSET * sum(own));
    return CHANNEL_PAIRS.flatMap(([a, b]) => [even[a]!, even[b]!, odd[a]!, odd[b]!]);
  });
  const shift = singleShift(layer);
  const zeros = zeroPoints(output);
  const { multiplier } = layer.requant;
  const requant = blocks.flatMap((_, index) =>
    CHANNEL_PAIRS.flat().flatMap((i) => {
      const c = index * BLOCK + i;
      const own = multiplier[multiplier.length === 1 ? 0 : c] ?? 0;
      return [own, 2 ** (shift - 1) + (zeros[c] ?? 0) * 2 ** shift];
    }),
  );
  const packed = blocks.flatMap(({ weights: own }) => [
    ...packSigned(
      Array.from(
        { length: BLOCK * values },
        (_, at) => own[at % BLOCK]![Math.floor(at / BLOCK)]! >> weights.raise,
      ),
      weights.bits,
    ),
  ]);
  const segments = Int16Array.from(blocks.flatMap((block) => [...block.segments, 0]));
  const add = (name: string, data: Parameters<LayerContext['constant']>[1], comment: string) =>
    field(name, pointer(context.constant(name, data, comment)));
  return [
    add(
      'weights',
      Uint8Array.from([...packed, ...new Array<number>(SLACK_BYTES).fill(0)]),
      `weights of ${weights.bits} bits, by blocks of ${BLOCK} channels`,
    ),
    add('segments', segments, 'values summed up before the sums are widened, by blocks of channels'),
    add('bias', Int32Array.from(bias), 'biases of even and of odd pixels, offsets folded in'),
    add('requant', Int32Array.from(requant), 'multipliers, and halves and zero points, one a channel'),
  ];
}

function singleShift({ requant }: QuantConv): number {
  return requant.rounding === 'single' ? requant.shift : 0;
}
