import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import { decodeFloat16 } from '../../util/float16.ts';
import type { ElementType, StoredTensor } from '../graphdef/node-def.ts';
import type { Message } from './protobuf.ts';

/** `DataType` of TensorFlow: the types that networks hold, by their codes. */
const TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, 'float32'],
  [2, 'float64'],
  [3, 'int32'],
  [4, 'uint8'],
  [5, 'int16'],
  [6, 'int8'],
  [7, 'string'],
  [9, 'int64'],
  [10, 'bool'],
  [19, 'float16'],
  [20, 'resource'],
]);

export function elementType(code: number): ElementType {
  return TYPES.get(code) ?? 'other';
}

/** How one element of a type is read, little-endian. */
interface Decoder {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const DECODERS: Partial<Record<ElementType, Decoder>> = {
  float16: { bytes: 2, read: (view, at) => decodeFloat16(view.getUint16(at, true)) },
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  float64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  int16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  int32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  int64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  bool: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** Limits what is decoded of the files of one model, however often they refer to the same bytes. */
export class DecodingBudget {
  #elements: number;

  constructor(fileBytes: number) {
    this.#elements = 16 * fileBytes + 2 ** 18;
  }

  spend(elements: number, place: Place): void {
    this.#elements -= elements;
    if (!(this.#elements >= 0)) {
      fail('QM104', place, { reason: `it describes ${elements} values, far more than it holds` });
    }
  }
}

/** Numbers of `type` in `bytes`, which must hold exactly `count`. Stops with QM104, QM209 or QM211. */
export function decodeNumbers(
  type: ElementType,
  count: number,
  bytes: Uint8Array,
  name: string,
  place: Place,
): Float32Array {
  const decoder = DECODERS[type];
  if (decoder === undefined) return fail('QM211', place, { tensor: name, type });
  if (bytes.length !== count * decoder.bytes) {
    const reason = `"${name}" has ${bytes.length} bytes of data where its shape needs ${count * decoder.bytes}`;
    fail('QM104', place, { reason });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return requireFinite(
    Float32Array.from({ length: count }, (_, i) => decoder.read(view, i * decoder.bytes)),
    name,
    place,
  );
}

/** A `TensorProto`: raw bytes, or a list of numbers whose last one stands for all that are missing. */
export function readTensor(message: Message, name: string, budget: DecodingBudget): StoredTensor {
  const { place } = message;
  const type = elementType(message.integer(1));
  const shape = readShape(message.message(2)) ?? [];
  const count = shape.reduce((product, extent) => product * extent, 1);
  const read = (): Float32Array => {
    if (!Number.isSafeInteger(count) || count < 0)
      fail('QM104', place, { reason: `"${name}" has an open shape` });
    budget.spend(count, place);
    const [content] = message.byteStrings(4);
    if (content !== undefined && content.length > 0) return decodeNumbers(type, count, content, name, place);
    const listed = readList(message, type);
    if (listed === null) return fail('QM211', place, { tensor: name, type });
    if (listed.length > count) fail('QM104', place, { reason: `"${name}" has more values than its shape` });
    const last = listed.at(-1) ?? 0;
    return requireFinite(
      Float32Array.from({ length: count }, (_, i) => listed[i] ?? last),
      name,
      place,
    );
  };
  return { type, shape, read, readTexts: () => message.texts(8) };
}

/** A `TensorShapeProto`, −1 for an open extent; null where even the rank is open. */
export function readShape(message: Message): readonly number[] | null {
  return message.integer(3) !== 0 ? null : message.messages(2).map((dimension) => dimension.integer(1));
}

function readList(message: Message, type: ElementType): readonly number[] | null {
  switch (type) {
    case 'float32':
      return message.floats(5, 4);
    case 'float64':
      return message.floats(6, 8);
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'int32':
      return message.integers(7);
    case 'int64':
      return message.integers(10);
    case 'bool':
      return message.integers(11);
    case 'float16':
      return message.integers(13).map(decodeFloat16);
    case 'string':
    case 'resource':
    case 'other':
      return null;
  }
}

function requireFinite(values: Float32Array, name: string, place: Place): Float32Array {
  return values.every(Number.isFinite) ? values : fail('QM209', place, { tensor: name });
}
