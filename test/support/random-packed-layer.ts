import type { LayerKind, QuantLayer, QuantMap, QuantModel } from '../../src/ir/quant-model.ts';
import { integerRange, type MapBits, type Requant, type Rounding } from '../../src/ir/quantization.ts';
import { KIND_SUPPORT } from '../../src/lower/support.ts';
import { drawModel, LAYER_KINDS, type Draw } from './random-layer.ts';

/** The kinds that exist between maps of fewer than 8 bits. */
export const PACKED_KINDS = LAYER_KINDS.filter((kind) => KIND_SUPPORT[kind].mapBits.length > 1);

/** Kinds whose output is in the quantization of their input. */
const KEEPING: readonly LayerKind[] = ['pool', 'pad', 'reshape', 'rearrange', 'resize'];

export interface Widths {
  readonly input: MapBits;
  readonly output: MapBits;
  readonly weights: number;
}

/**
 * A model of one layer as `drawModel` makes it, its maps and weights of the given widths. Kinds that copy or average stored
 * values keep the width and the quantization of their input, and softmax and argmax write 8 bits.
 */
export function drawPackedModel(draw: Draw, kind: LayerKind, rounding: Rounding, widths: Widths): QuantModel {
  const model = drawModel(draw, kind, rounding);
  const layer = model.layers[0]!;
  const keeps = KEEPING.includes(kind);
  const outputBits = kind === 'softmax' || kind === 'argmax' ? 8 : keeps ? widths.input : widths.output;
  const mayDiffer = !['reshape', 'softmax', 'argmax', 'binary', 'rearrange'].includes(kind);
  const narrow = (map: QuantMap, bits: MapBits): QuantMap => {
    const count = bits < 8 && mayDiffer ? draw.pick(1, map.shape.c) : map.affine.zeroPoint.length;
    const { min, max } = integerRange(bits);
    const zeroPoint = Int32Array.from(draw.integers(count, min, max));
    return { ...map, affine: { bits, scale: new Float64Array(count).fill(1), zeroPoint } };
  };
  // Parts of a concatenation may differ in width where a table brings them together.
  const partBits = (index: number): MapBits =>
    layer.kind === 'concat' && index > 0
      ? layer.tables[index] === null
        ? outputBits
        : draw.pick(widths.input, 8)
      : layer.kind === 'concat' && layer.tables[0] === null
        ? outputBits
        : widths.input;
  const maps = model.maps.map((map, id) => narrow(map, id === layer.output ? outputBits : partBits(id)));
  if (kind === 'argmax') maps[layer.output] = model.maps[layer.output]!;
  if (keeps) maps[layer.output] = { ...maps[layer.output]!, affine: maps[0]!.affine };
  return { ...model, maps, layers: [narrowLayer(draw, layer, maps, widths)] };
}

function narrowLayer(
  draw: Draw,
  layer: QuantLayer,
  maps: readonly QuantMap[],
  { weights: weightBits }: Widths,
): QuantLayer {
  const output = maps[layer.output]!;
  const outputBits = output.affine.bits;
  const range = integerRange(outputBits);
  const clamp = {
    min: draw.pick(range.min, draw.integer(range.min, range.max)),
    max: range.max,
  };
  const table = (index: number): Int8Array => {
    const { affine, shape } = maps[index]!;
    return Int8Array.from(draw.integers(2 ** affine.bits * draw.pick(1, shape.c), range.min, range.max));
  };
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
    case 'dense': {
      const limit = 2 ** (weightBits - 1) - 1;
      const raise = draw.pick(0, draw.integer(0, 8 - weightBits));
      const stored = Int8Array.from(draw.integers(layer.weights.data.length, -limit, limit));
      const weights = {
        ...layer.weights,
        data: stored.map((value) => value << raise),
        bits: weightBits,
        raise,
        zeroPoint: weightBits < 8 ? 0 : layer.weights.zeroPoint,
      };
      const inputBits = maps[0]!.affine.bits;
      return {
        ...layer,
        clamp,
        weights,
        requant: coarser(layer.requant, inputBits + weightBits + raise - 8 - outputBits),
      };
    }
    case 'mean':
      return { ...layer, requant: coarser(layer.requant, maps[0]!.affine.bits - outputBits) };
    case 'pool':
      return { ...layer, clamp, origin: outputBits < 8 ? 0 : layer.origin };
    case 'add': {
      const isUniform = maps.every((map) => map.affine.zeroPoint.length === 1);
      if (isUniform && draw.pick(true, false)) return { ...layer, clamp };
      const { c } = output.shape;
      const shift = draw.integer(8, 15);
      const multiplier = [0, 1].map(() =>
        Int16Array.from(draw.integers(c, -(2 ** shift) + 1, 2 ** shift - 1)),
      );
      const offset = Int32Array.from(draw.integers(c, -(2 ** (shift + 3)), 2 ** (shift + 3)));
      const requant = {
        rounding: 'channels',
        multiplier: [multiplier[0]!, multiplier[1]!],
        offset,
        shift,
      } as const;
      return { ...layer, clamp, requant };
    }
    case 'concat':
      return { ...layer, tables: layer.tables.map((given, index) => given && table(index)) };
    case 'lut':
      return { ...layer, table: table(0) };
    case 'binary':
      return { ...layer, clamp };
    case 'pad': {
      const border = Int8Array.from(draw.integers(layer.border.length, range.min, range.max));
      return { ...layer, border };
    }
    case 'rearrange':
    case 'resize':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'reencode':
      return layer;
  }
}

/** Brings accumulators of `bits` fewer bits to outputs, or of more where `bits` is negative. */
function coarser(requant: Requant, bits: number): Requant {
  if (requant.rounding === 'single') {
    return { ...requant, shift: Math.min(22, Math.max(1, requant.shift + bits)) };
  }
  return { ...requant, shift: requant.shift.map((shift) => Math.max(-31, Math.min(2, shift - bits))) };
}
