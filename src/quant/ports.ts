import {
  mapOf,
  type Preprocessing,
  type QuantModel,
  type QuantPort,
  type RawType,
} from '../ir/quant-model.ts';
import { elementCount } from '../ir/geometry.ts';
import { integerRange } from '../ir/quantization.ts';
import type { PortInputs } from '../readers/inputs/input-set.ts';
import { clamp } from '../util/math.ts';
import { assert } from '../util/never.ts';

/** The real values of raw ones: (raw − mean) / std, channels innermost. */
export function preprocess(raw: ArrayLike<number>, preprocessing: Preprocessing): Float32Array {
  const { mean, std } = preprocessing;
  return Float32Array.from(raw, (value, i) => (value - mean[i % mean.length]!) / std[i % std.length]!);
}

/**
 * The bytes that an input port takes for raw values. A port of raw bytes, and a port of the type that the values are
 * stored in, take them as they are; others are preprocessed and quantized.
 */
export function encodeInput(
  model: QuantModel,
  port: QuantPort,
  raw: ArrayLike<number>,
  type: RawType,
): Uint8Array {
  const map = mapOf(model, port.map);
  assert(
    raw.length === elementCount(map.shape),
    `${port.name} takes ${elementCount(map.shape)} values, not ${raw.length}`,
  );
  const unsigned = map.encoding === 'unsigned';
  if (port.takesRawBytes || type === (unsigned ? 'uint8' : 'int8')) {
    const [lo, hi] = unsigned ? [0, 255] : [-128, 127];
    return Uint8Array.from(raw, (value) => clamp(Math.round(value), lo, hi) & 0xff);
  }
  const { scale, zeroPoint, bits } = map.affine;
  const real = preprocess(raw, model.preprocessing);
  const range = unsigned ? { min: 0, max: 255 } : integerRange(bits);
  return Uint8Array.from(real, (value, i) => {
    const q = Math.round(value / scale[i % scale.length]!) + zeroPoint[i % zeroPoint.length]!;
    return clamp(q, range.min, range.max) & 0xff;
  });
}

/** The bytes of every input port for input `index`. */
export function encodeInputs(model: QuantModel, inputs: PortInputs, index: number): readonly Uint8Array[] {
  return inputs.sets.map((set, port) => encodeInput(model, model.inputs[port]!, set.sample(index), set.type));
}

/** The real values of every input of a network for input `index`, preprocessed. */
export function preprocessInputs(
  inputs: PortInputs,
  index: number,
  preprocessing: Preprocessing,
): readonly Float32Array[] {
  return inputs.sets.map((set) => preprocess(set.sample(index), preprocessing));
}

/** The real input that raw values stand for: the port's own meaning where it takes them as they are, else preprocessed. */
export function realInput(
  model: QuantModel,
  port: QuantPort,
  raw: ArrayLike<number>,
  type: RawType,
): Float32Array {
  const unsigned = mapOf(model, port.map).encoding === 'unsigned';
  const taken = !port.takesRawBytes && type === (unsigned ? 'uint8' : 'int8');
  return taken
    ? decodePort(model, port, encodeInput(model, port, raw, type))
    : preprocess(raw, model.preprocessing);
}

/** The real values of a port's bytes. */
export function decodePort(model: QuantModel, port: QuantPort, bytes: Uint8Array): Float32Array {
  const map = mapOf(model, port.map);
  const { scale, zeroPoint } = map.affine;
  return Float32Array.from(bytes, (byte, i) => {
    const q = map.encoding === 'unsigned' ? byte : (byte << 24) >> 24;
    return scale[i % scale.length]! * (q - zeroPoint[i % zeroPoint.length]!);
  });
}
