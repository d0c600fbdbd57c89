import { Builder } from 'flatbuffers';
import { OPERATOR_NAMES } from '../../src/readers/tflite/operator-names.ts';
import { TENSOR_TYPES, type TensorType } from '../../src/readers/tflite/schema.ts';

export interface TensorDescription {
  readonly name?: string;
  readonly shape: readonly number[];
  readonly type?: TensorType;
  /** Constant data, as it stands in the file. */
  readonly data?: Uint8Array | Int8Array | Int32Array | Float32Array | Uint16Array | BigInt64Array;
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  /** Axis along which `scale` runs. */
  readonly axis?: number;
  readonly signature?: readonly number[];
}

/** Option tables by their field names in the schema, each with the union code and the fields in order. */
const OPTIONS = {
  Conv2D: {
    code: 1,
    fields: ['padding:u8', 'strideW', 'strideH', 'activation:u8', 'dilationW', 'dilationH'],
    defaults: { strideW: 1, strideH: 1, dilationW: 1, dilationH: 1 },
  },
  DepthwiseConv2D: {
    code: 2,
    fields: ['padding:u8', 'strideW', 'strideH', 'multiplier', 'activation:u8', 'dilationW', 'dilationH'],
    defaults: { strideW: 1, strideH: 1, multiplier: 1, dilationW: 1, dilationH: 1 },
  },
  Pool2D: {
    code: 5,
    fields: ['padding:u8', 'strideW', 'strideH', 'kernelW', 'kernelH', 'activation:u8'],
    defaults: { strideW: 1, strideH: 1 },
  },
  FullyConnected: { code: 8, fields: ['activation:u8', 'weightsFormat:u8', 'keepDims:u8'], defaults: {} },
  Softmax: { code: 9, fields: ['beta:f32'], defaults: { beta: 1 } },
  Concatenation: { code: 10, fields: ['axis', 'activation:u8'], defaults: {} },
  Add: { code: 11, fields: ['activation:u8'], defaults: {} },
  Reducer: { code: 27, fields: ['keepDims:u8'], defaults: {} },
  StridedSlice: { code: 32, fields: ['begin', 'end', 'ellipsis', 'newAxis', 'shrink'], defaults: {} },
  Pack: { code: 59, fields: ['count', 'axis'], defaults: {} },
  LeakyRelu: { code: 75, fields: ['slope:f32'], defaults: {} },
  ResizeBilinear: { code: 15, fields: ['height', 'width', 'align:u8', 'half:u8'], defaults: {} },
  SpaceToDepth: { code: 19, fields: ['block'], defaults: {} },
  Mul: { code: 21, fields: ['activation:u8'], defaults: {} },
  Gather: { code: 23, fields: ['axis', 'batches'], defaults: {} },
  Sub: { code: 28, fields: ['activation:u8'], defaults: {} },
  Div: { code: 29, fields: ['activation:u8'], defaults: {} },
  Split: { code: 35, fields: ['parts'], defaults: {} },
  TransposeConv: { code: 49, fields: ['padding:u8', 'strideW', 'strideH', 'activation:u8'], defaults: {} },
  Unpack: { code: 64, fields: ['parts', 'axis'], defaults: {} },
  ResizeNearest: { code: 74, fields: ['align:u8', 'half:u8'], defaults: {} },
  MirrorPad: { code: 77, fields: ['mode:u8'], defaults: {} },
  DepthToSpace: { code: 94, fields: ['block'], defaults: {} },
  Gelu: { code: 116, fields: ['approximate:u8'], defaults: {} },
} as const satisfies Record<
  string,
  {
    readonly code: number;
    readonly fields: readonly string[];
    readonly defaults: Readonly<Record<string, number>>;
  }
>;

export const PADDING = { same: 0, valid: 1 } as const;
export const ACTIVATION = { none: 0, relu: 1, relu_n1_to_1: 2, relu6: 3, tanh: 4 } as const;

export interface OperatorDescription {
  /** Name in the schema, or anything else for a custom operator. */
  readonly op: string;
  /** Indices of tensors; −1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly table?: keyof typeof OPTIONS;
  readonly options?: Readonly<Record<string, number>>;
}

export interface ModelDescription {
  readonly name?: string;
  readonly tensors: readonly TensorDescription[];
  readonly operators: readonly OperatorDescription[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A TFLite file with one subgraph, one buffer for each constant. */
export function writeTflite(model: ModelDescription): Uint8Array {
  const builder = new Builder(1024);
  const buffers = [
    writeBuffer(builder, null),
    ...model.tensors.map((tensor) => writeBuffer(builder, tensor.data ?? null)),
  ];
  const tensors = model.tensors.map((tensor, index) =>
    writeTensor(builder, tensor, tensor.data === undefined ? 0 : index + 1),
  );
  const ops = [...new Set(model.operators.map(({ op }) => op))];
  const codes = ops.map((op) => writeOperatorCode(builder, op));
  const operators = model.operators.map((operator) =>
    writeOperator(builder, operator, ops.indexOf(operator.op)),
  );

  const subgraph = writeTable(builder, [
    offset(writeOffsets(builder, tensors)),
    offset(writeInt32s(builder, model.inputs)),
    offset(writeInt32s(builder, model.outputs)),
    offset(writeOffsets(builder, operators)),
    offset(builder.createString(model.name ?? 'main')),
  ]);
  const root = writeTable(builder, [
    int32(3),
    offset(writeOffsets(builder, codes)),
    offset(writeOffsets(builder, [subgraph])),
    offset(builder.createString('written by a test')),
    offset(writeOffsets(builder, buffers)),
  ]);
  builder.finish(root, 'TFL3');
  return builder.asUint8Array().slice();
}

/** Writes one field into the table under construction. */
type Field = (builder: Builder, field: number) => void;

const offset =
  (at: number): Field =>
  (builder, field) => {
    builder.addFieldOffset(field, at, 0);
  };
const int32 =
  (value: number): Field =>
  (builder, field) => {
    // Written even where it is the default, as converters may.
    builder.addInt32(value);
    builder.slot(field);
  };
const uint8 =
  (value: number): Field =>
  (builder, field) => {
    builder.addFieldInt8(field, value, 0);
  };
const float32 =
  (value: number): Field =>
  (builder, field) => {
    builder.addFieldFloat32(field, value, 0);
  };
const absent: Field = () => undefined;

function writeTable(builder: Builder, fields: readonly Field[]): number {
  builder.startObject(fields.length);
  fields.forEach((write, index) => {
    write(builder, index);
  });
  return builder.endObject();
}

function writeOffsets(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const at of offsets.toReversed()) builder.addOffset(at);
  return builder.endVector();
}

function writeInt32s(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

function writeFloat32s(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addFloat32(value);
  return builder.endVector();
}

function writeInt64s(builder: Builder, values: readonly number[]): number {
  builder.startVector(8, values.length, 8);
  for (const value of values.toReversed()) builder.addInt64(BigInt(value));
  return builder.endVector();
}

function writeBuffer(builder: Builder, data: ArrayBufferView | null): number {
  if (data === null) return writeTable(builder, []);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return writeTable(builder, [offset(builder.createByteVector(bytes))]);
}

function writeTensor(builder: Builder, tensor: TensorDescription, buffer: number): number {
  const { scale, zeroPoint, signature } = tensor;
  const quantization =
    scale === undefined
      ? null
      : writeTable(builder, [
          absent,
          absent,
          offset(writeFloat32s(builder, scale)),
          offset(writeInt64s(builder, zeroPoint ?? scale.map(() => 0))),
          absent,
          absent,
          int32(tensor.axis ?? 0),
        ]);
  return writeTable(builder, [
    offset(writeInt32s(builder, tensor.shape)),
    uint8(TENSOR_TYPES.indexOf(tensor.type ?? 'float32')),
    int32(buffer),
    offset(builder.createString(tensor.name ?? '')),
    quantization === null ? absent : offset(quantization),
    absent,
    absent,
    signature === undefined ? absent : offset(writeInt32s(builder, signature)),
  ]);
}

function writeOperatorCode(builder: Builder, op: string): number {
  const known = OPERATOR_NAMES.indexOf(op);
  const code = known < 0 ? OPERATOR_NAMES.indexOf('CUSTOM') : known;
  const custom = known < 0 ? offset(builder.createString(op)) : absent;
  return writeTable(builder, [uint8(Math.min(code, 127)), custom, int32(1), int32(code)]);
}

function writeOperator(builder: Builder, operator: OperatorDescription, code: number): number {
  const inputs = offset(writeInt32s(builder, operator.inputs));
  const outputs = offset(writeInt32s(builder, operator.outputs));
  const options =
    operator.table === undefined ? null : writeOptions(builder, operator.table, operator.options ?? {});
  return writeTable(builder, [
    int32(code),
    inputs,
    outputs,
    operator.table === undefined ? absent : uint8(OPTIONS[operator.table].code),
    options === null ? absent : offset(options),
  ]);
}

function writeOptions(
  builder: Builder,
  table: keyof typeof OPTIONS,
  given: Readonly<Record<string, number>>,
): number {
  const { fields, defaults } = OPTIONS[table];
  const values: Readonly<Record<string, number>> = { ...defaults, ...given };
  const known = fields.map((field) => field.split(':')[0] ?? '');
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${table} has no option ${unknown}`);
  return writeTable(
    builder,
    fields.map((field) => {
      const [name, type] = field.split(':');
      const value = values[name ?? ''] ?? 0;
      return type === 'u8' ? uint8(value) : type === 'f32' ? float32(value) : int32(value);
    }),
  );
}
