import type { CValue, Kernel } from '../../ir/program.ts';
import { storedWeights, type QuantConv, type QuantDense } from '../../ir/quant-model.ts';
import { ceilDiv, clamp } from '../../util/math.ts';
import { packSigned } from '../../util/packed-values.ts';
import { field, pointer, struct } from '../fields.ts';
import { uniformZeroPoint, zeroPoints, type LayerContext } from '../layer-context.ts';
import { foldZeroPoints, type WeightsOfChannel } from '../weighted-sum.ts';

/** Values of a pixel that one instruction multiplies. */
export const BLOCK_VALUES = 16;
/** Channels that are computed at once. */
const GROUP_CHANNELS = 4;
/** Groups of narrow weights beyond which unpacking more at once saves little. */
const MOST_GROUPS = 4;

/** `qmcu_multiply_mve` of a layer in the form that fitDirectRequant gives it; `weightsOf` lists a channel's weights in order. */
export function multiplyStruct(
  layer: QuantConv | QuantDense,
  context: LayerContext,
  values: number,
  weightsOf: WeightsOfChannel,
): CValue {
  const isNarrow = layer.weights.bits < 8;
  return struct(
    field('stream', pointer(isNarrow ? null : streamConstant(layer, context, values, weightsOf))),
    field('values', values),
    field('channels', context.output.shape.c),
    field('pitch', context.output.shape.c),
    field('zero_point', uniformZeroPoint(context.output)),
    field('min', layer.clamp.min),
    field('max', layer.clamp.max),
    field('rounds_twice', layer.requant.rounding === 'tflite' ? 1 : 0),
  );
}

/** The name of the stream of qmcu_multiply_mve.h, its weights as many bits wide as they are. */
function streamConstant(
  layer: QuantConv | QuantDense,
  context: LayerContext,
  values: number,
  weightsOf: WeightsOfChannel,
): string {
  const stream = multiplyStream(layer, context, values, weightsOf);
  const { bits } = layer.weights;
  const width = bits < 8 ? ` of ${bits} bits` : '';
  return context.constant('stream', stream, `biases, weights${width} and multipliers, by four channels`);
}

/** Bytes of one group of channels in a stream whose weights are bytes. */
export function groupBytes({ requant }: QuantConv, values: number): number {
  const words = GROUP_CHANNELS * (requant.rounding === 'tflite' ? 3 : 2);
  return 4 * words + GROUP_CHANNELS * BLOCK_VALUES * ceilDiv(values, BLOCK_VALUES);
}

/** How many channels of a stream of narrow weights are unpacked at once, and what that takes: `qmcu_stream_wn_mve`. */
export interface StreamBlock {
  readonly channels: number;
  readonly bytes: number;
}

/** As many groups as pay within half of a budget. */
export function planStreamBlock(
  layer: QuantConv,
  values: number,
  channels: number,
  budgetBytes: number,
): StreamBlock {
  const bytes = groupBytes(layer, values);
  const groups = ceilDiv(channels, GROUP_CHANNELS);
  const atOnce = clamp(Math.floor(budgetBytes / 2 / bytes), 1, Math.min(groups, MOST_GROUPS));
  // The last channels that are no whole group join those before them.
  const isSplit = atOnce < groups && channels % GROUP_CHANNELS !== 0;
  return { channels: atOnce * GROUP_CHANNELS, bytes: (isSplit ? atOnce + 1 : atOnce) * bytes };
}

/** `qmcu_stream_wn_mve` of a layer whose weights have fewer than 8 bits. */
export function narrowStreamStruct(
  layer: QuantConv,
  context: LayerContext,
  values: number,
  weightsOf: WeightsOfChannel,
  block: StreamBlock,
  scratchOffset: number,
): CValue {
  const { bits, raise } = layer.weights;
  return struct(
    field('stream', pointer(streamConstant(layer, context, values, weightsOf))),
    field('scratch', scratchOffset),
    field('block', block.channels),
    field('bits', bits),
    field('raise', raise),
  );
}

/** The stream of qmcu_multiply_mve.h. */
function multiplyStream(
  { weights, requant }: QuantConv | QuantDense,
  context: LayerContext,
  values: number,
  weightsOf: WeightsOfChannel,
): Int32Array {
  const channels = context.output.shape.c;
  const bias = foldZeroPoints(weights, zeroPoints(context.inputs[0]!), weightsOf);
  const entry = (array: Int32Array, channel: number): number => array[array.length === 1 ? 0 : channel]!;
  const stored = storedWeights(weights);
  const words: number[] = [];
  for (let first = 0; first < channels; first += GROUP_CHANNELS) {
    const start = Math.max(0, Math.min(first, channels - GROUP_CHANNELS));
    const group = Array.from({ length: GROUP_CHANNELS }, (_, i) => start + i);
    const each = (read: (channel: number) => number): number[] =>
      group.map((channel) => (channel < channels ? read(channel) : 0));
    words.push(...each((channel) => bias[channel]!));
    words.push(
      ...interleave(
        group.map((channel) => (channel < channels ? valuesOf(channel) : [])),
        values,
        weights.bits,
      ),
    );
    words.push(...each((channel) => entry(requant.multiplier, channel)));
    if (requant.rounding === 'tflite') words.push(...each((channel) => entry(requant.shift, channel)));
  }
  return Int32Array.from(words);

  function valuesOf(channel: number): readonly number[] {
    return Array.from(weightsOf(channel), ([index]) => stored[index]!);
  }
}

/** Weights of channels as words, block by block of each in turn. */
function interleave(channels: readonly (readonly number[])[], values: number, bits: number): Int32Array {
  const blocks = ceilDiv(values, BLOCK_VALUES);
  const inOrder = new Int8Array(channels.length * blocks * BLOCK_VALUES);
  channels.forEach((weights, which) => {
    weights.forEach((weight, k) => {
      const block = Math.floor(k / BLOCK_VALUES) * channels.length + which;
      inOrder[block * BLOCK_VALUES + (k % BLOCK_VALUES)] = weight;
    });
  });
  const packed = packSigned(inOrder, bits);
  const bytes = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  return Int32Array.from({ length: bytes.byteLength / 4 }, (_, word) => bytes.getInt32(4 * word, true));
}

/** A kernel that multiplies with the vector extension. */
export function multiplyKernel(name: string, others: readonly string[] = []): Kernel {
  return { function: name, header: `${name}.h`, sources: [`${name}.c`, ...others, 'qmcu_multiply_mve.c'] };
}
