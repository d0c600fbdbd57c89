import { tensorOf, type Graph, type Node, type Port, type TensorId } from '../ir/graph.ts';
import type { Preprocessing, RawType } from '../ir/quant-model.ts';
import { integerRange, type Affine } from '../ir/quantization.ts';
import { clamp } from '../util/math.ts';
import { affine } from './range.ts';

/** Added to a raw byte to give the signed value that the network reads. */
const BYTE_OFFSET = -128;

/** How a network input is stored. */
export type InputEncoding =
  | {
      /** The camera's bytes themselves; the preprocessing is part of the first layers. */
      readonly kind: 'raw-bytes';
      readonly affine: Affine;
      /** raw − mean = (q − zeroPoint) + offset, one for all channels or one for each. */
      readonly offset: Float64Array;
    }
  /** Signed raw values as they are: x = (q − mean) / std with a whole mean. */
  | { readonly kind: 'raw-signed'; readonly affine: Affine }
  /** Real values in the range that calibration finds. */
  | { readonly kind: 'calibrated' };

/**
 * Chooses how an input is stored. uint8 data with x = (raw − mean) / std, read by convolutions and dense layers only,
 * go in as they are: 1/std multiplies the weights, the rounded mean is the zero point (so that padding stays close to
 * the real zero), and the rest of the mean is a constant in the bias. That constant is exact except where a window
 * reaches into the padding, whose taps it counts as well: an error of less than half a raw step a tap there, and only
 * if the mean is not whole. A mean that no zero point comes near is taken only where nothing is padded.
 */
export function chooseInputEncoding(
  graph: Graph,
  port: Port,
  rawType: RawType,
  preprocessing: Preprocessing,
): InputEncoding {
  const { mean, std } = preprocessing;
  const channels = tensorOf(graph, port.tensor).shape.c;
  const fits = (values: readonly number[]): boolean => values.length === 1 || values.length === channels;
  if (!fits(mean) || !fits(std) || std.some((value) => !(value > 0))) return { kind: 'calibrated' };

  const readers = graph.nodes.filter((node) => node.inputs.includes(port.tensor));
  if (rawType === 'uint8' && isReadByLinearNodesOnly(graph, port.tensor, readers)) {
    const length = Math.max(mean.length, std.length);
    const { min, max } = integerRange(8);
    const means = Float64Array.from({ length }, (_, c) => mean[c % mean.length]!);
    const zeroPoint = Int32Array.from(means, (value) => clamp(Math.round(value) + BYTE_OFFSET, min, max));
    const offset = means.map((value, c) => zeroPoint[c]! - BYTE_OFFSET - value);
    const scale = Float64Array.from({ length }, (_, c) => 1 / std[c % std.length]!);
    const isNearZero = offset.every((rest) => Math.abs(rest) <= 0.5);
    if (isNearZero || !readers.some(isPadded)) {
      return { kind: 'raw-bytes', affine: { bits: 8, scale, zeroPoint }, offset };
    }
  }
  if (rawType === 'int8' && mean.length === 1 && std.length === 1) {
    const zeroPoint = mean[0]!;
    const { min, max } = integerRange(8);
    if (Number.isInteger(zeroPoint) && zeroPoint >= min && zeroPoint <= max) {
      return { kind: 'raw-signed', affine: affine(Math.fround(1 / std[0]!), zeroPoint) };
    }
  }
  return { kind: 'calibrated' };
}

function isReadByLinearNodesOnly(graph: Graph, tensor: TensorId, readers: readonly Node[]): boolean {
  const isLinear = (node: Node): boolean =>
    node.kind === 'conv' || node.kind === 'depthwise' || node.kind === 'dense';
  return (
    readers.length > 0 && readers.every(isLinear) && !graph.outputs.some((port) => port.tensor === tensor)
  );
}

function isPadded(node: Node): boolean {
  if (node.kind !== 'conv' && node.kind !== 'depthwise') return false;
  const { top, bottom, left, right } = node.window.padding;
  return top + bottom + left + right > 0;
}
