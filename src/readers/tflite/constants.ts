import { fail } from '../../diagnostics/diagnostic.ts';
import { realValues } from '../../ir/constant.ts';
import type { Constant, FloatConstant } from '../../ir/graph.ts';
import type { Affine } from '../../ir/quantization.ts';
import { decodeFloat16 } from '../../util/float16.ts';
import { checkQuantization, shiftQuantization, UINT8_OFFSET } from './affine.ts';
import { countElements } from './layout.ts';
import { labelOf, type TensorType, type TfliteTensor } from './schema.ts';

type Elements = Float32Array | Int8Array | Int32Array;

/** Bytes of one element, and how a constant of such elements is read. */
interface Decoder {
  readonly bytes: number;
  readonly decode: (data: DataView, count: number) => Elements;
}

/** Flatbuffers are little-endian and align nothing to where the file itself stands in memory. */
const DECODERS: Partial<Record<TensorType, Decoder>> = {
  float32: {
    bytes: 4,
    decode: (data, count) => fill(new Float32Array(count), (i) => data.getFloat32(4 * i, true)),
  },
  float16: {
    bytes: 2,
    decode: (data, count) => fill(new Float32Array(count), (i) => decodeFloat16(data.getUint16(2 * i, true))),
  },
  int8: {
    bytes: 1,
    decode: (data, count) => new Int8Array(data.buffer as ArrayBuffer, data.byteOffset, count),
  },
  uint8: {
    bytes: 1,
    decode: (data, count) => fill(new Int8Array(count), (i) => data.getUint8(i) - UINT8_OFFSET),
  },
  int16: {
    bytes: 2,
    decode: (data, count) => fill(new Int32Array(count), (i) => data.getInt16(2 * i, true)),
  },
  int32: {
    bytes: 4,
    decode: (data, count) => fill(new Int32Array(count), (i) => data.getInt32(4 * i, true)),
  },
  /** Shapes, axes, and biases beside int16 maps; only the low halves. */
  int64: {
    bytes: 8,
    decode: (data, count) => fill(new Int32Array(count), (i) => data.getInt32(8 * i, true)),
  },
};

/** Decodes the constants of one file. Buffers may be shared, so what is decoded in all is bounded by the file's length. */
export class ConstantReader {
  readonly #file: string;
  #budget: number;

  constructor(file: string, fileBytes: number) {
    this.#file = file;
    this.#budget = 64 * fileBytes + 2 ** 20;
  }

  /** The values of a float32 or float16 constant, or the real values of a quantized one. */
  readReals(tensor: TfliteTensor): FloatConstant {
    const elements = this.#elements(tensor);
    if (elements instanceof Float32Array) {
      if (!elements.every((value) => Number.isFinite(value)))
        fail('QM209', this.#place(tensor), { tensor: labelOf(tensor) });
      return { kind: 'float', shape: tensor.shape, data: elements };
    }
    if (tensor.type === 'int64') this.#requireLowHalves(tensor, elements);
    const { scale, zeroPoint, axis } = this.#quantization(tensor);
    const channelAxis = scale.length > 1 ? axis : null;
    const constant: Constant = {
      kind: 'quantized',
      shape: tensor.shape,
      data: elements,
      scale,
      zeroPoint,
      channelAxis,
    };
    return { kind: 'float', shape: tensor.shape, data: realValues(constant) };
  }

  /**
   * Quantized weights under `shape`, in which output channels run along `channelAxis`; in the file they run along
   * `fileAxis`. Stops with QM207 where the scales do not fit the channels.
   */
  readWeights(
    tensor: TfliteTensor,
    shape: readonly number[],
    channelAxis: number,
    fileAxis: number,
  ): Constant {
    const elements = this.#elements(tensor);
    if (!(elements instanceof Int8Array)) this.#wrongType(tensor);
    const { scale, zeroPoint, axis } = this.#quantization(tensor);
    const isPerChannel = scale.length > 1;
    if (isPerChannel && axis !== fileAxis) {
      this.#unusable(tensor, `its scales run along axis ${axis}, the output channels along axis ${fileAxis}`);
    }
    if (isPerChannel && zeroPoint.some((z) => z !== 0)) {
      this.#unusable(tensor, 'weights with a scale for each channel have the zero point 0');
    }
    return {
      kind: 'quantized',
      shape,
      data: elements,
      scale,
      zeroPoint,
      channelAxis: isPerChannel ? channelAxis : null,
    };
  }

  /**
   * An int32 bias. TFLite's kernels take its scale to be input scale × weight scale whatever the file states (and some files
   * state a wrong axis), so that is what it gets.
   */
  readBias(tensor: TfliteTensor, input: Affine, weights: Constant): Constant {
    const elements = this.#elements(tensor);
    if (!(elements instanceof Int32Array) || tensor.type !== 'int32' || weights.kind !== 'quantized')
      this.#wrongType(tensor);
    const scale = weights.scale.map((weightScale) => input.scale[0]! * weightScale);
    return {
      kind: 'quantized',
      shape: tensor.shape,
      data: elements,
      scale,
      zeroPoint: new Int32Array(scale.length),
      channelAxis: scale.length > 1 ? 0 : null,
    };
  }

  /** The values of a small int32 or int64 constant: a shape, axes, paddings. */
  readIntegers(tensor: TfliteTensor): readonly number[] {
    const elements = this.#elements(tensor);
    return elements instanceof Int32Array ? [...elements] : this.#wrongType(tensor);
  }

  /** Counts `count` values made of a constant. Stops with QM104 where they are out of all proportion to the file. */
  charge(tensor: TfliteTensor, count: number): void {
    this.#budget -= 4 * count;
    if (!(this.#budget >= 0))
      fail('QM104', this.#place(tensor), { reason: 'its constants unfold to far more than it holds' });
  }

  #elements(tensor: TfliteTensor): Elements {
    const decoder = DECODERS[tensor.type];
    if (decoder === undefined || tensor.isSparse) return this.#wrongType(tensor);
    const data = tensor.data ?? new Uint8Array();
    const count = countElements(tensor.shape);
    if (data.length !== count * decoder.bytes) {
      const reason = `"${labelOf(tensor)}" has ${data.length} bytes of data where its shape needs ${count * decoder.bytes}`;
      fail('QM104', this.#place(tensor), { reason });
    }
    this.charge(tensor, count);
    return decoder.decode(new DataView(data.buffer, data.byteOffset, data.length), count);
  }

  /** Stops with QM211 where an int64 constant needs more than the 32 bits that are read of each value. */
  #requireLowHalves(tensor: TfliteTensor, elements: Elements): void {
    const data = tensor.data ?? new Uint8Array();
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    elements.forEach((low: number, index: number) => {
      if (view.getInt32(8 * index + 4, true) !== (low < 0 ? -1 : 0)) this.#wrongType(tensor);
    });
  }

  #quantization(tensor: TfliteTensor): { scale: Float64Array; zeroPoint: Int32Array; axis: number } {
    const { quantization } = tensor;
    const channels = tensor.shape[quantization?.axis ?? 0] ?? 1;
    const problem =
      quantization === null ? 'it has no scale' : checkQuantization(quantization, tensor.type, channels);
    if (quantization === null || problem !== null) return this.#unusable(tensor, problem ?? '');
    return { ...shiftQuantization(quantization, tensor.type), axis: quantization.axis };
  }

  #unusable(tensor: TfliteTensor, reason: string): never {
    return fail('QM207', this.#place(tensor), { tensor: labelOf(tensor), reason });
  }

  #wrongType(tensor: TfliteTensor): never {
    const type = tensor.isSparse ? `sparse ${tensor.type}` : tensor.type;
    return fail('QM211', this.#place(tensor), { tensor: labelOf(tensor), type });
  }

  #place(tensor: TfliteTensor): { file: string; path: string } {
    return { file: this.#file, path: tensor.path };
  }
}

function fill<T extends Elements>(elements: T, read: (index: number) => number): T {
  for (let i = 0; i < elements.length; i++) elements[i] = read(i);
  return elements;
}
