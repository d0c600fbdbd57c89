import { mulberry32 } from '../../src/util/random.ts';
import {
  ACTIVATION,
  PADDING,
  writeTflite,
  type OperatorDescription,
  type TensorDescription,
} from './tflite-writer.ts';

export type NetworkType = 'float32' | 'int8' | 'uint8';
/** A tensor of the network under construction. */
export type Handle = number;

interface Window {
  readonly kernel?: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly padding?: keyof typeof PADDING;
  readonly activation?: keyof typeof ACTIVATION;
}

/**
 * Builds TFLite files layer by layer, for tests: random weights, SAME and VALID padding as TFLite defines them, and where the
 * type is int8 or uint8 a plausible quantization of every map (per-channel weights in int8, per-tensor ones in uint8).
 *
 *     const net = new Network('int8', 1);
 *     const x = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], activation: 'relu' });
 *     const bytes = net.write([net.softmax(net.dense(net.mean(x), 10))]);
 */
export class Network {
  readonly #type: NetworkType;
  readonly #random: () => number;
  readonly #tensors: TensorDescription[] = [];
  readonly #operators: OperatorDescription[] = [];
  readonly #inputs: Handle[] = [];

  constructor(type: NetworkType, seed: number) {
    this.#type = type;
    this.#random = mulberry32(seed);
  }

  shapeOf(handle: Handle): readonly number[] {
    return this.#tensor(handle).shape;
  }

  input(shape: readonly number[]): Handle {
    const handle = this.#map(shape);
    this.#inputs.push(handle);
    return handle;
  }

  conv(input: Handle, cout: number, window: Window = {}): Handle {
    const [kh, kw] = window.kernel ?? [1, 1];
    const cin = this.shapeOf(input)[3] ?? 1;
    const weights = this.#weights([cout, kh, kw, cin], 0, kh * kw * cin);
    const output = this.#map([1, ...this.#slide(input, window), cout]);
    return this.#layer(
      'CONV_2D',
      [input, weights, this.#bias(input, weights, cout)],
      output,
      'Conv2D',
      this.#options(window),
    );
  }

  depthwise(input: Handle, window: Window = {}, multiplier = 1): Handle {
    const [kh, kw] = window.kernel ?? [1, 1];
    const cout = (this.shapeOf(input)[3] ?? 1) * multiplier;
    const weights = this.#weights([1, kh, kw, cout], 3, kh * kw);
    const output = this.#map([1, ...this.#slide(input, window), cout]);
    const options = { ...this.#options(window), multiplier };
    const inputs = [input, weights, this.#bias(input, weights, cout)];
    return this.#layer('DEPTHWISE_CONV_2D', inputs, output, 'DepthwiseConv2D', options);
  }

  dense(input: Handle, cout: number, activation: keyof typeof ACTIVATION = 'none'): Handle {
    const depth = this.shapeOf(input).reduce((a, b) => a * b, 1);
    const weights = this.#weights([cout, depth], 0, depth);
    const inputs = [input, weights, this.#bias(input, weights, cout)];
    const options = { activation: ACTIVATION[activation] };
    return this.#layer('FULLY_CONNECTED', inputs, this.#map([1, cout]), 'FullyConnected', options);
  }

  pool(input: Handle, reduce: 'average' | 'max', window: Window): Handle {
    const [kernelH, kernelW] = window.kernel ?? [1, 1];
    const { padding, strideH, strideW, activation } = this.#options(window);
    const output = this.#like(input, [1, ...this.#slide(input, window), this.shapeOf(input)[3] ?? 1]);
    const options = { padding, strideH, strideW, activation, kernelH, kernelW };
    return this.#layer(
      reduce === 'average' ? 'AVERAGE_POOL_2D' : 'MAX_POOL_2D',
      [input],
      output,
      'Pool2D',
      options,
    );
  }

  mean(input: Handle): Handle {
    return this.meanOver(input, [1, 2], [1, this.shapeOf(input)[3] ?? 1]);
  }

  /** MEAN over `axes`, which leaves `shape`. */
  meanOver(input: Handle, axes: readonly number[], shape: readonly number[]): Handle {
    const keepDims = shape.length === this.shapeOf(input).length ? 1 : 0;
    return this.#layer('MEAN', [input, this.integers(axes)], this.#map(shape), 'Reducer', { keepDims });
  }

  add(a: Handle, b: Handle, activation: keyof typeof ACTIVATION = 'none'): Handle {
    return this.#layer('ADD', [a, b], this.#map(this.shapeOf(a)), 'Add', {
      activation: ACTIVATION[activation],
    });
  }

  /** A border of zeros, or of a real number. */
  pad(
    input: Handle,
    [top, bottom, left, right]: readonly [number, number, number, number],
    value?: number,
  ): Handle {
    const [n = 1, h = 1, w = 1, c = 1] = this.shapeOf(input);
    const amounts = this.integers([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
    const border = value === undefined ? [] : [this.#number(input, value)];
    return this.#layer(
      value === undefined ? 'PAD' : 'PADV2',
      [input, amounts, ...border],
      this.#like(input, [n, h + top + bottom, w + left + right, c]),
    );
  }

  concat(inputs: readonly Handle[], axis = 3): Handle {
    const shape = [...this.shapeOf(inputs[0] ?? 0)];
    shape[axis] = inputs.reduce((extent, input) => extent + (this.shapeOf(input)[axis] ?? 1), 0);
    return this.#layer('CONCATENATION', inputs, this.#like(inputs[0] ?? 0, shape), 'Concatenation', { axis });
  }

  reshape(input: Handle, shape: readonly number[]): Handle {
    return this.#layer('RESHAPE', [input, this.integers(shape)], this.#like(input, shape));
  }

  transpose(input: Handle, order: readonly number[]): Handle {
    const shape = this.shapeOf(input);
    return this.#layer(
      'TRANSPOSE',
      [input, this.integers(order)],
      this.#like(
        input,
        order.map((axis) => shape[axis] ?? 1),
      ),
    );
  }

  softmax(input: Handle): Handle {
    const zeroPoint = this.#type === 'uint8' ? 0 : -128;
    const output = this.#add(this.#quantized({ shape: this.shapeOf(input) }, 1 / 256, zeroPoint));
    return this.#layer('SOFTMAX', [input], output, 'Softmax', { beta: 1 });
  }

  /** ARG_MAX over the channels. */
  argmax(input: Handle): Handle {
    const axis = this.#add({ shape: [1], type: 'int32', data: Int32Array.of(-1) });
    const output = this.#add({ shape: this.shapeOf(input).slice(0, -1), type: 'int32' });
    this.#operators.push({ op: 'ARG_MAX', inputs: [input, axis], outputs: [output] });
    return output;
  }

  /** RELU, RELU6, LOGISTIC, TANH, HARD_SWISH, ELU … */
  pointwise(input: Handle, op: string): Handle {
    return this.#layer(op, [input], this.#map(this.shapeOf(input)));
  }

  /** As `pointwise`, in the quantization of its input. */
  pointwiseLike(input: Handle, op: string): Handle {
    return this.#layer(op, [input], this.#like(input, this.shapeOf(input)));
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): Handle {
    return this.#add({ shape, type: 'int32', data: Int32Array.from(values) });
  }

  /** The file; `isOpen` leaves rows and columns of every map to the run time, as converters write it. */
  write(outputs: readonly Handle[], { isOpen = false } = {}): Uint8Array {
    const opened = (tensor: TensorDescription): TensorDescription => {
      const isMap = tensor.data === undefined && tensor.shape.length > 2;
      if (!isOpen || !isMap) return tensor;
      const kept = (axis: number): boolean => axis === 0 || axis === tensor.shape.length - 1;
      return {
        ...tensor,
        shape: tensor.shape.map((extent, axis) => (kept(axis) ? extent : 1)),
        signature: tensor.shape.map((extent, axis) => (axis === 0 || !kept(axis) ? -1 : extent)),
      };
    };
    return writeTflite({
      tensors: this.#tensors.map((tensor, index) => opened({ name: `t${index}`, ...tensor })),
      operators: this.#operators,
      inputs: this.#inputs,
      outputs,
    });
  }

  #tensor(handle: Handle): TensorDescription {
    const tensor = this.#tensors[handle];
    if (tensor === undefined) throw new Error(`no tensor ${handle}`);
    return tensor;
  }

  #add(tensor: TensorDescription): Handle {
    return this.#tensors.push(tensor) - 1;
  }

  #map(shape: readonly number[]): Handle {
    const zeroPoint = Math.floor(this.#random() * 256) - (this.#type === 'uint8' ? 0 : 128);
    return this.#add(this.#quantized({ shape }, Math.fround(0.01 + this.#random() * 0.09), zeroPoint));
  }

  /** A number, in the quantization of a map. */
  #number(map: Handle, value: number): Handle {
    const { scale = [1], zeroPoint = [0] } = this.#tensor(map);
    const stored = Math.round(value / scale[0]!) + zeroPoint[0]!;
    const data =
      this.#type === 'float32'
        ? Float32Array.of(value)
        : this.#type === 'int8'
          ? Int8Array.of(Math.max(-128, Math.min(127, stored)))
          : Uint8Array.of(Math.max(0, Math.min(255, stored)));
    return this.#add({ ...this.#tensor(map), shape: [], data });
  }

  /** A map in the quantization of another one. */
  #like(handle: Handle, shape: readonly number[]): Handle {
    return this.#add({ ...this.#tensor(handle), shape });
  }

  #quantized(tensor: TensorDescription, scale: number, zeroPoint: number): TensorDescription {
    return this.#type === 'float32'
      ? tensor
      : { ...tensor, type: this.#type, scale: [scale], zeroPoint: [zeroPoint] };
  }

  #weights(shape: readonly number[], axis: number, fanIn: number): Handle {
    const count = shape.reduce((a, b) => a * b, 1);
    const signed = (): number => this.#random() * 2 - 1;
    const scale = (): number => Math.fround((0.5 + this.#random()) / (64 * Math.sqrt(fanIn)));
    switch (this.#type) {
      case 'float32':
        return this.#add({
          shape,
          data: Float32Array.from({ length: count }, () => signed() / Math.sqrt(fanIn)),
        });
      case 'int8': {
        const data = Int8Array.from({ length: count }, () => Math.round(signed() * 127));
        return this.#add({
          shape,
          type: 'int8',
          data,
          axis,
          scale: Array.from({ length: shape[axis] ?? 1 }, scale),
        });
      }
      case 'uint8': {
        const data = Uint8Array.from({ length: count }, () => Math.floor(this.#random() * 256));
        const zeroPoint = [64 + Math.floor(this.#random() * 128)];
        return this.#add({ shape, type: 'uint8', data, scale: [scale()], zeroPoint });
      }
    }
  }

  #bias(input: Handle, weights: Handle, cout: number): Handle {
    if (this.#type === 'float32') {
      return this.#add({
        shape: [cout],
        data: Float32Array.from({ length: cout }, () => this.#random() - 0.5),
      });
    }
    const inputScale = this.#tensor(input).scale?.[0] ?? 1;
    const scale = (this.#tensor(weights).scale ?? []).map((s) => Math.fround(s * inputScale));
    const data = Int32Array.from({ length: cout }, () => Math.round((this.#random() - 0.5) * 4000));
    return this.#add({ shape: [cout], type: 'int32', data, scale });
  }

  #slide(
    input: Handle,
    { kernel = [1, 1], stride = [1, 1], dilation = [1, 1], padding = 'same' }: Window,
  ): number[] {
    return [0, 1].map((axis) => {
      const extent = this.shapeOf(input)[axis + 1] ?? 1;
      const reach = (kernel[axis]! - 1) * dilation[axis]! + 1;
      return padding === 'same'
        ? Math.ceil(extent / stride[axis]!)
        : Math.floor((extent - reach) / stride[axis]!) + 1;
    });
  }

  #options({ stride = [1, 1], dilation = [1, 1], padding = 'same', activation = 'none' }: Window) {
    return {
      padding: PADDING[padding],
      strideH: stride[0],
      strideW: stride[1],
      dilationH: dilation[0],
      dilationW: dilation[1],
      activation: ACTIVATION[activation],
    };
  }

  #layer(
    op: string,
    inputs: readonly Handle[],
    output: Handle,
    table?: NonNullable<OperatorDescription['table']>,
    options: Readonly<Record<string, number>> = {},
  ): Handle {
    this.#operators.push({
      op,
      inputs,
      outputs: [output],
      ...(table === undefined ? {} : { table, options }),
    });
    return output;
  }
}
