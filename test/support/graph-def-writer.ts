/** An attribute of a node under test. */
export type TestAttribute =
  | { readonly type: 'DT_FLOAT' | 'DT_INT32' | 'DT_INT64' | 'DT_UINT8' }
  | { readonly shape: readonly number[] }
  | { readonly numbers: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly text: string }
  | { readonly float: number }
  | { readonly integer: number }
  | { readonly flag: boolean };

/** A node of a TensorFlow graph; a constant has values instead of inputs. */
export interface TestNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, TestAttribute>>;
  readonly value?: {
    readonly type: 'float32' | 'int32';
    readonly shape: readonly number[];
    readonly data: readonly number[];
  };
}

/** Builds a TensorFlow graph node by node, for files in several formats. */
export class GraphWriter {
  readonly nodes: TestNode[] = [];

  add(op: string, inputs: readonly string[], attributes: TestNode['attributes'] = {}): string {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, inputs, attributes: { T: { type: 'DT_FLOAT' }, ...attributes } });
    return name;
  }

  placeholder(shape: readonly number[], type: 'DT_FLOAT' | 'DT_UINT8' = 'DT_FLOAT'): string {
    return this.add('Placeholder', [], { dtype: { type }, shape: { shape } });
  }

  floats(shape: readonly number[], data: readonly number[]): string {
    return this.#constant('float32', shape, data);
  }

  integers(...data: readonly number[]): string {
    return this.#constant('int32', [data.length], data);
  }

  paddings(...edges: readonly number[]): string {
    return this.#constant('int32', [edges.length / 2, 2], edges);
  }

  integer(value: number): string {
    return this.#constant('int32', [], [value]);
  }

  #constant(type: 'float32' | 'int32', shape: readonly number[], data: readonly number[]): string {
    const name = `Const_${this.nodes.length}`;
    const dtype = { type: type === 'float32' ? ('DT_FLOAT' as const) : ('DT_INT32' as const) };
    this.nodes.push({ name, op: 'Const', inputs: [], attributes: { dtype }, value: { type, shape, data } });
    return name;
  }
}

/** How a weight file may encode float32 weights. */
export type Quantization = 'uint8' | 'uint16' | 'float16' | null;

/** A TensorFlow.js graph model: `model.json` and one file of weights. */
export function writeGraphModel(
  nodes: readonly TestNode[],
  quantization: Quantization = null,
): { readonly json: Record<string, unknown>; readonly weights: Uint8Array } {
  const parts: Uint8Array[] = [];
  const specs = nodes.flatMap(({ name, value }) => {
    if (value === undefined) return [];
    const { type, shape, data } = value;
    const own = type === 'float32' && data.length > 0 ? quantization : null;
    const { bytes, attributes } = encodeWeights(type, data, own);
    parts.push(bytes);
    return [{ name, shape, dtype: type, ...attributes }];
  });
  const topology = { node: nodes.map(nodeJson), versions: { producer: 1 }, library: {} };
  return {
    json: {
      format: 'graph-model',
      modelTopology: topology,
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }],
    },
    weights: Buffer.concat(parts),
  };
}

function encodeWeights(
  type: 'float32' | 'int32',
  data: readonly number[],
  quantization: Quantization,
): { readonly bytes: Uint8Array; readonly attributes: object } {
  if (quantization === null || quantization === 'float16') {
    const plain = type === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
    if (quantization === null) return { bytes: new Uint8Array(plain.buffer), attributes: {} };
    const halves = Uint16Array.from(data, encodeFloat16);
    return { bytes: new Uint8Array(halves.buffer), attributes: { quantization: { dtype: 'float16' } } };
  }
  const [min, max] = [Math.min(...data), Math.max(...data)];
  const scale = (max - min) / (quantization === 'uint8' ? 255 : 65535) || 1;
  const q = data.map((value) => Math.round((value - min) / scale));
  const stored = quantization === 'uint8' ? Uint8Array.from(q) : Uint16Array.from(q);
  return {
    bytes: new Uint8Array(stored.buffer),
    attributes: { quantization: { dtype: quantization, min, scale } },
  };
}

/** The binary16 below a number of 2^−14 … 65504. */
function encodeFloat16(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  if (exponent < -14) return sign;
  return sign | ((exponent + 15) << 10) | Math.floor((Math.abs(value) / 2 ** exponent - 1) * 1024);
}

function nodeJson({ name, op, inputs, attributes }: TestNode): object {
  const attr = Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, attributeJson(value)]),
  );
  return { name, op, input: inputs, attr };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function attributeJson(value: TestAttribute): object {
  if ('type' in value) return { type: value.type };
  if ('shape' in value) return { shape: { dim: value.shape.map((size) => ({ size: String(size) })) } };
  if ('numbers' in value) return { list: { i: value.numbers.map(String) } };
  if ('texts' in value) return { list: { s: value.texts.map(base64) } };
  if ('text' in value) return { s: base64(value.text) };
  if ('float' in value) return { f: value.float };
  if ('integer' in value) return { i: String(value.integer) };
  return { b: value.flag };
}

/** A frozen graph: a `GraphDef` in the wire format of protocol buffers. */
export function writeGraphDef(nodes: readonly TestNode[]): Uint8Array {
  return Buffer.concat(nodes.map((node) => bytesField(1, nodeProto(node))));
}

function nodeProto({ name, op, inputs, attributes, value }: TestNode): Uint8Array {
  const entries = Object.entries(attributes).map(([key, own]) => [key, attributeProto(own)] as const);
  const tensor = value === undefined ? [] : [['value', bytesField(8, tensorProto(value))] as const];
  return Buffer.concat([
    textField(1, name),
    textField(2, op),
    ...inputs.map((input) => textField(3, input)),
    ...[...entries, ...tensor].map(([key, own]) =>
      bytesField(5, Buffer.concat([textField(1, key), bytesField(2, own)])),
    ),
  ]);
}

const TYPE_CODES = { DT_FLOAT: 1, DT_INT32: 3, DT_INT64: 9, DT_UINT8: 4, float32: 1, int32: 3 } as const;

function attributeProto(value: TestAttribute): Uint8Array {
  if ('type' in value) return integerField(6, TYPE_CODES[value.type]);
  if ('shape' in value) return bytesField(7, shapeProto(value.shape));
  if ('numbers' in value) return bytesField(1, bytesField(3, Buffer.concat(value.numbers.map(varint))));
  if ('texts' in value) return bytesField(1, Buffer.concat(value.texts.map((text) => textField(2, text))));
  if ('text' in value) return textField(2, value.text);
  if ('float' in value)
    return Buffer.concat([varint(4 * 8 + 5), new Uint8Array(Float32Array.of(value.float).buffer)]);
  if ('integer' in value) return integerField(3, value.integer);
  return integerField(5, Number(value.flag));
}

function tensorProto({ type, shape, data }: NonNullable<TestNode['value']>): Uint8Array {
  const plain = type === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
  const dtype = integerField(1, TYPE_CODES[type]);
  return Buffer.concat([
    dtype,
    bytesField(2, shapeProto(shape)),
    bytesField(4, new Uint8Array(plain.buffer)),
  ]);
}

function shapeProto(shape: readonly number[]): Uint8Array {
  return Buffer.concat(shape.map((size) => bytesField(2, integerField(1, size))));
}

/** A field of a message: its number and length, then its bytes. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(8 * number + 2), varint(bytes.length), bytes]);
}

export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, Buffer.from(text));
}

export function integerField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(8 * number), varint(value)]);
}

/** Seven bits to a byte, the lowest first; negative numbers as 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(left));
}
