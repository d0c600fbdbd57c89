import type { CValue, Kernel } from '../../ir/program.ts';
import type { QuantConv, QuantDense } from '../../ir/quant-model.ts';
import { ceilDiv } from '../../util/math.ts';
import { field, pointer, struct } from '../fields.ts';
import { uniformZeroPoint, zeroPoints, type LayerContext } from '../layer-context.ts';
import { foldZeroPoints, type WeightsOfChannel } from '../weighted-sum.ts';

/** Values of a pixel that one instruction multiplies. */
export const BLOCK_VALUES = 16;
/** Channels that are computed at once. */
const GROUP_CHANNELS = 4;

/** `qmcu_multiply_mve` of a layer in the form that fitDirectRequant gives it; `weightsOf` lists a channel's weights in order. */
export function multiplyStruct(
  layer: QuantConv | QuantDense,
  context: LayerContext,
  values: number,
  weightsOf: WeightsOfChannel,
): CValue {
  const stream = multiplyStream(layer, context, values, weightsOf);
  return struct(
    field(
      'stream',
      pointer(context.constant('stream', stream, 'biases, weights and multipliers, by four channels')),
    ),
    field('values', values),
    field('channels', context.output.shape.c),
    field('zero_point', uniformZeroPoint(context.output)),
    field('min', layer.clamp.min),
    field('max', layer.clamp.max),
    field('rounds_twice', layer.requant.rounding === 'tflite' ? 1 : 0),
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
      ),
    );
    words.push(...each((channel) => entry(requant.multiplier, channel)));
    if (requant.rounding === 'tflite') words.push(...each((channel) => entry(requant.shift, channel)));
  }
  return Int32Array.from(words);

  function valuesOf(channel: number): readonly number[] {
    return Array.from(weightsOf(channel), ([index]) => weights.data[index]!);
  }
}

/** Weights of channels as words, block by block of each in turn. */
function interleave(channels: readonly (readonly number[])[], values: number): Int32Array {
  const blocks = ceilDiv(values, BLOCK_VALUES);
  const bytes = new DataView(new ArrayBuffer(channels.length * blocks * BLOCK_VALUES));
  channels.forEach((weights, which) => {
    weights.forEach((weight, k) => {
      const block = Math.floor(k / BLOCK_VALUES) * channels.length + which;
      bytes.setInt8(block * BLOCK_VALUES + (k % BLOCK_VALUES), weight);
    });
  });
  return Int32Array.from({ length: bytes.byteLength / 4 }, (_, word) => bytes.getInt32(4 * word, true));
}

/** A kernel that multiplies with the vector extension. */
export function multiplyKernel(name: string): Kernel {
  return { function: name, header: `${name}.h`, sources: [`${name}.c`, 'qmcu_multiply_mve.c'] };
}
