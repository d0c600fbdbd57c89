import { FlatFile, type FlatTable } from './flatbuffer.ts';
import { readOptions } from './options.ts';
import { OPERATOR_NAMES } from './operator-names.ts';
import {
  TENSOR_TYPES,
  type TfliteModel,
  type TfliteOperator,
  type TfliteQuantization,
  type TfliteTensor,
} from './schema.ts';

const CUSTOM = 'CUSTOM';
/** No tensor of a network has more axes. */
const MAX_RANK = 8;

/** Reads the main subgraph of a TFLite flatbuffer. Stops with QM104 where the bytes contradict the format. */
export function parseTflite(bytes: Uint8Array, file: string): TfliteModel {
  const root = new FlatFile(bytes, file).root();
  const operatorNames = root.tables(1, 'operator_codes').map(readOperatorName);
  const buffers = root.tables(4, 'buffers').map((table) => readBuffer(table, bytes));
  const subgraph = root.tables(2, 'subgraphs')[0] ?? root.damaged('the model has no subgraph');

  const tensors = subgraph.tables(0, 'tensors').map((table, index) => readTensor(table, index, buffers));
  const inTensors = (indices: readonly number[], lowest: number, table: FlatTable): readonly number[] =>
    indices.every((index) => index >= lowest && index < tensors.length)
      ? indices
      : table.damaged('it refers to a tensor that does not exist');

  return {
    file,
    fileBytes: bytes.length,
    name: subgraph.string(4) ?? '',
    tensors,
    operators: subgraph.tables(3, 'operators').map((table, index): TfliteOperator => {
      const op =
        operatorNames[table.uint32(0)] ?? table.damaged('it refers to an operator code that does not exist');
      return {
        index,
        path: `operators[${index}] ${op}`,
        op,
        inputs: inTensors(table.int32s(1) ?? [], -1, table),
        outputs: inTensors(table.int32s(2) ?? [], 0, table),
        options: readOperatorOptions(table),
      };
    }),
    inputs: inTensors(subgraph.int32s(1) ?? [], 0, subgraph),
    outputs: inTensors(subgraph.int32s(2) ?? [], 0, subgraph),
  };
}

function readOperatorName(table: FlatTable): string {
  // The one-byte field came first; codes that it cannot hold are in the other one.
  const code = Math.max(table.uint8(0), table.int32(3));
  const name = OPERATOR_NAMES[code] ?? `operator ${code}`;
  return name === CUSTOM ? `${CUSTOM} ${table.string(1) ?? ''}` : name;
}

function readOperatorOptions(table: FlatTable): TfliteOperator['options'] {
  const options = table.table(4, 'builtin_options');
  return options === null ? null : readOptions(table.uint8(3), options);
}

/** The bytes of a buffer; null for the empty one. Files above 2 GB keep them behind the flatbuffer, at an offset of the file. */
function readBuffer(table: FlatTable, file: Uint8Array): Uint8Array | null {
  const data = table.bytes(0);
  if (data !== null && data.length > 0) return data;
  const offset = table.uint64(1);
  const length = table.uint64(2);
  if (offset <= 1) return null;
  return offset + length <= file.length
    ? file.subarray(offset, offset + length)
    : table.damaged(`${length} bytes at offset ${offset} lie outside its ${file.length} bytes`);
}

function readTensor(table: FlatTable, index: number, buffers: readonly (Uint8Array | null)[]): TfliteTensor {
  const shape = table.int32s(0) ?? [];
  if (shape.length > MAX_RANK) table.damaged(`a shape of ${shape.length} axes`);
  const data = buffers[table.uint32(2)];
  if (data === undefined) table.damaged('it refers to a buffer that does not exist');
  const signature = table.int32s(7);
  return {
    index,
    path: `tensors[${index}]`,
    name: table.string(3) ?? '',
    shape,
    shapeSignature: signature !== null && signature.length === shape.length ? signature : null,
    type: TENSOR_TYPES[table.uint8(1)] ?? table.damaged(`tensor type code ${table.uint8(1)} is unknown`),
    data,
    quantization: readQuantization(table.table(4, 'quantization')),
    isSparse: table.table(6, 'sparsity') !== null,
    isExternal: table.uint32(10) !== 0,
  };
}

function readQuantization(table: FlatTable | null): TfliteQuantization | null {
  const scale = table?.float32s(2) ?? [];
  if (table === null || scale.length === 0) return null;
  const zeroPoint = table.int64s(3) ?? [];
  return {
    scale,
    zeroPoint: zeroPoint.length > 0 ? zeroPoint : scale.map(() => 0),
    axis: table.int32(6),
  };
}
