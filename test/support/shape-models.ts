import { mulberry32 } from '../../src/util/random.ts';
import type { MapShape, SlidingWindow } from '../../src/ir/geometry.ts';
import { elementCount, slidingOutputExtent, slidingOutputShape } from '../../src/ir/geometry.ts';
import type { MapId, QuantLayer, QuantMap, QuantModel, QuantWeights } from '../../src/ir/quant-model.ts';

/** A layer without the fields that the builder fills in. */
type OperationOf<L> = L extends QuantLayer ? Omit<L, 'id' | 'node' | 'name' | 'inputs' | 'output'> : never;
type Operation = OperationOf<QuantLayer>;

const CLAMP = { min: -128, max: 127 };

/** SAME padding as TensorFlow spreads it: the odd row at the bottom. */
function sameWindow(input: MapShape, kernel: number, stride: number): SlidingWindow {
  const along = (extent: number): readonly [number, number] => {
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + kernel - extent);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const [top, bottom] = along(input.h);
  const [left, right] = along(input.w);
  return {
    kernel: { h: kernel, w: kernel },
    stride: { h: stride, w: stride },
    dilation: { h: 1, w: 1 },
    padding: { top, bottom, left, right },
  };
}

/** Puts a quantized model together layer by layer: shapes as stated, weights at random, requantized to about a byte's range. */
export class ShapeModel {
  readonly #maps: QuantMap[] = [];
  readonly #layers: QuantLayer[] = [];
  readonly #inputs: MapId[] = [];
  readonly #random = mulberry32(1);

  input(h: number, w: number, c: number): MapId {
    const id = this.#map({ h, w, c });
    this.#inputs.push(id);
    return id;
  }

  shapeOf(map: MapId): MapShape {
    return this.#maps[map]!.shape;
  }

  conv(from: MapId, channels: number, kernel: number, stride = 1): MapId {
    return this.convWithWindow(from, channels, sameWindow(this.shapeOf(from), kernel, stride));
  }

  convWithWindow(from: MapId, channels: number, window: SlidingWindow): MapId {
    const input = this.shapeOf(from);
    const sums = this.#weightedSums(channels, window.kernel.h * window.kernel.w * input.c);
    const operation = { kind: 'conv', window, groups: 1, ...sums } as const;
    return this.layer(operation, [from], slidingOutputShape(input, window, channels));
  }

  depthwise(from: MapId, kernel: number, stride = 1): MapId {
    const input = this.shapeOf(from);
    const window = sameWindow(input, kernel, stride);
    const sums = this.#weightedSums(input.c, kernel * kernel);
    const operation = { kind: 'depthwise', window, multiplier: 1, ...sums } as const;
    return this.layer(operation, [from], slidingOutputShape(input, window, input.c));
  }

  dense(from: MapId, channels: number): MapId {
    const sums = this.#weightedSums(channels, elementCount(this.shapeOf(from)));
    return this.layer({ kind: 'dense', ...sums }, [from], { h: 1, w: 1, c: channels });
  }

  /** Average over windows of h×w without padding, as far as they fit. */
  pool(from: MapId, h: number, w: number): MapId {
    const input = this.shapeOf(from);
    const window: SlidingWindow = {
      kernel: { h, w },
      stride: { h, w },
      dilation: { h: 1, w: 1 },
      padding: { top: 0, bottom: 0, left: 0, right: 0 },
    };
    const shape = {
      h: slidingOutputExtent(input.h, h, h, 1, 0, 0),
      w: slidingOutputExtent(input.w, w, w, 1, 0, 0),
      c: input.c,
    };
    return this.layer({ kind: 'pool', reduce: 'average', origin: 0, window, clamp: CLAMP }, [from], shape);
  }

  /** Mean over all rows and columns. */
  mean(from: MapId): MapId {
    const { h, w, c } = this.shapeOf(from);
    const multiplier = Int32Array.of(Math.round(2 ** 30 / (h * w)));
    const requant = { rounding: 'single', multiplier, shift: 1 } as const;
    return this.layer({ kind: 'mean', requant }, [from], { h: 1, w: 1, c });
  }

  add(a: MapId, b: MapId): MapId {
    const requant = { rounding: 'single', multiplier: [1, 1], offset: 0, shift: 1 } as const;
    return this.layer({ kind: 'add', requant, clamp: CLAMP }, [a, b], this.shapeOf(a));
  }

  lut(from: MapId): MapId {
    return this.layer({ kind: 'lut', table: this.#integers(256, 127) }, [from], this.shapeOf(from));
  }

  reshape(from: MapId, shape: MapShape): MapId {
    return this.layer({ kind: 'reshape' }, [from], shape);
  }

  softmax(from: MapId): MapId {
    const operation = {
      kind: 'softmax',
      inputMultiplier: 1 << 30,
      inputLeftShift: 20,
      diffMin: -1984,
    } as const;
    return this.layer(operation, [from], this.shapeOf(from));
  }

  concatRows(maps: readonly MapId[]): MapId {
    const shape = this.shapeOf(maps[0]!);
    const h = maps.reduce((total, map) => total + this.shapeOf(map).h, 0);
    return this.layer({ kind: 'concat', axis: 'h', tables: maps.map(() => null) }, maps, { ...shape, h });
  }

  pad(from: MapId, border: number): MapId {
    const { h, w, c } = this.shapeOf(from);
    const padding = { top: border, bottom: border, left: border, right: border };
    return this.layer({ kind: 'pad', padding, border: new Int8Array(1) }, [from], {
      h: h + 2 * border,
      w: w + 2 * border,
      c,
    });
  }

  layer(operation: Operation, inputs: readonly MapId[], shape: MapShape): MapId {
    const id = this.#layers.length;
    const output = this.#map(shape);
    this.#layers.push({
      ...operation,
      id,
      node: id,
      name: `${operation.kind}_${id}`,
      inputs,
      output,
    });
    return output;
  }

  build(name: string, outputs: readonly MapId[]): QuantModel {
    const port = (map: MapId) => {
      const { h, w, c } = this.shapeOf(map);
      return { name: `port_${map}`, map, shape: [1, h, w, c], takesRawBytes: false };
    };
    return {
      graph: { name, tensors: [], nodes: [], inputs: [], outputs: [] },
      rounding: 'single',
      maps: [...this.#maps],
      layers: [...this.#layers],
      inputs: this.#inputs.map(port),
      outputs: outputs.map(port),
      preprocessing: { mean: [0], std: [1] },
      arms: null,
    };
  }

  /** What convolutions and dense layers have in common: `channels` sums of `depth` products. */
  #weightedSums(channels: number, depth: number) {
    const weights: QuantWeights = {
      data: this.#integers(channels * depth, 127),
      bits: 8,
      raise: 0,
      zeroPoint: 0,
      bias: Int32Array.from(this.#integers(channels, 100)),
    };
    const multiplier = new Int32Array(channels).fill(2 ** 30);
    const shift = 4 + Math.round(Math.log2(depth) / 2);
    return { weights, requant: { rounding: 'single', multiplier, shift }, clamp: CLAMP } as const;
  }

  #integers(count: number, most: number): Int8Array {
    return Int8Array.from({ length: count }, () => Math.round((2 * this.#random() - 1) * most));
  }

  #map(shape: MapShape): MapId {
    const id = this.#maps.length;
    const affine = { bits: 8, scale: Float64Array.of(0.5), zeroPoint: Int32Array.of(0) } as const;
    this.#maps.push({ id, tensor: id, name: `map_${id}`, shape, affine, encoding: 'signed' });
    return id;
  }
}

/** The shapes of MLPerf Tiny's ResNet-8 for CIFAR-10. */
export function resnet8Shapes(): QuantModel {
  const m = new ShapeModel();
  let x = m.conv(m.input(32, 32, 3), 16, 3);
  x = m.add(x, m.conv(m.conv(x, 16, 3), 16, 3));
  for (const channels of [32, 64]) {
    const main = m.conv(m.conv(x, channels, 3, 2), channels, 3);
    x = m.add(m.conv(x, channels, 1, 2), main);
  }
  x = m.dense(m.pool(x, 8, 8), 10);
  return m.build('resnet8', [m.softmax(x)]);
}

/** The shapes of MLPerf Tiny's visual wake words network, MobileNetV1-0.25 at 96×96. */
export function vwwShapes(): QuantModel {
  const m = new ShapeModel();
  let x = m.conv(m.input(96, 96, 3), 8, 3, 2);
  const blocks = [
    [16, 1],
    [32, 2],
    [32, 1],
    [64, 2],
    [64, 1],
    [128, 2],
    ...Array<number[]>(5).fill([128, 1]),
    [256, 2],
    [256, 1],
  ];
  for (const [channels, stride] of blocks) x = m.conv(m.depthwise(x, 3, stride), channels!, 1);
  return m.build('vww', [m.softmax(m.dense(m.pool(x, 3, 3), 2))]);
}

/** The shapes of MLPerf Tiny's keyword spotting network, DS-CNN. */
export function kwsShapes(): QuantModel {
  const m = new ShapeModel();
  let x = m.convWithWindow(m.input(49, 10, 1), 64, {
    kernel: { h: 10, w: 4 },
    stride: { h: 2, w: 2 },
    dilation: { h: 1, w: 1 },
    padding: { top: 4, bottom: 5, left: 1, right: 1 },
  });
  for (let i = 0; i < 4; i++) x = m.conv(m.depthwise(x, 3), 64, 1);
  return m.build('kws', [m.softmax(m.dense(m.reshape(m.pool(x, 25, 5), { h: 1, w: 1, c: 64 }), 12))]);
}

/** The shapes of MobileNetV2-1.0 at 224×224. */
export function mobilenetV2Shapes(): QuantModel {
  const m = new ShapeModel();
  let x = m.conv(m.input(224, 224, 3), 32, 3, 2);
  const stages: readonly (readonly [number, number, number, number])[] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  for (const [expansion, channels, repeats, firstStride] of stages) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? firstStride : 1;
      const expanded = expansion === 1 ? x : m.conv(x, expansion * m.shapeOf(x).c, 1);
      const projected = m.conv(m.depthwise(expanded, 3, stride), channels, 1);
      x = i === 0 ? projected : m.add(x, projected);
    }
  }
  x = m.pool(m.conv(x, 1280, 1), 7, 7);
  return m.build('mobilenetv2', [m.softmax(m.dense(x, 1001))]);
}
