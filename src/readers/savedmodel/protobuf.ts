import { fail, type Place } from '../../diagnostics/diagnostic.ts';

type Field =
  | { readonly wire: 'varint'; readonly value: bigint }
  | { readonly wire: 'fixed'; readonly bytes: Uint8Array }
  | { readonly wire: 'bytes'; readonly bytes: Uint8Array };

const MAX_VARINT_BYTES = 10;
const utf8 = new TextDecoder();

/** Reads the wire format of protocol buffers, byte by byte. Whatever does not fit stops with QM104. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly place: Place;
  #at = 0;

  constructor(bytes: Uint8Array, place: Place) {
    this.bytes = bytes;
    this.place = place;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** A number of up to 64 bits, seven to a byte, the lowest first. */
  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) return this.damaged('it ends within a number');
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value;
    }
    return this.damaged('a number has too many digits');
  }

  /** A varint that counts bytes or elements, or tags a field: mostly of one byte. */
  count(): number {
    const first = this.bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return first;
    }
    const value = Number(this.varint());
    return Number.isSafeInteger(value) ? value : this.damaged(`a length of ${value}`);
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.#at) {
      this.damaged(`${length} bytes are announced where ${this.bytes.length - this.#at} are left`);
    }
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  damaged(reason: string): never {
    return fail('QM104', this.place, { reason });
  }
}

/** A message of protocol buffers, its fields looked up by number. What is missing is zero or empty, as the format has it. */
export class Message {
  readonly place: Place;
  readonly #fields = new Map<number, Field[]>();

  constructor(bytes: Uint8Array, place: Place) {
    this.place = place;
    const reader = new ByteReader(bytes, place);
    while (!reader.isAtEnd) {
      const tag = reader.count();
      const number = Math.floor(tag / 8);
      const field = readField(reader, tag % 8);
      const earlier = this.#fields.get(number);
      if (earlier === undefined) this.#fields.set(number, [field]);
      else earlier.push(field);
    }
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  /** A signed integer; the last one where it is repeated. */
  integer(number: number): number {
    return this.integers(number).at(-1) ?? 0;
  }

  /** Repeated signed integers, packed or not. */
  integers(number: number): readonly number[] {
    return this.#all(number).flatMap((field) => {
      if (field.wire === 'varint') return [signed(field.value)];
      if (field.wire === 'fixed') return [];
      const reader = new ByteReader(field.bytes, this.place);
      const values: number[] = [];
      while (!reader.isAtEnd) values.push(signed(reader.varint()));
      return values;
    });
  }

  /** Repeated floating-point numbers of `bytes` bytes each, packed or not. */
  floats(number: number, bytes: 4 | 8): readonly number[] {
    return this.#all(number).flatMap((field) => {
      if (field.wire === 'varint') return [];
      const view = new DataView(field.bytes.buffer, field.bytes.byteOffset, field.bytes.length);
      return Array.from({ length: Math.floor(field.bytes.length / bytes) }, (_, i) =>
        bytes === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
      );
    });
  }

  /** Repeated byte strings. */
  byteStrings(number: number): readonly Uint8Array[] {
    return this.#all(number)
      .filter((field) => field.wire === 'bytes')
      .map(({ bytes }) => bytes);
  }

  text(number: number): string {
    const last = this.byteStrings(number).at(-1);
    return last === undefined ? '' : utf8.decode(last);
  }

  texts(number: number): readonly string[] {
    return this.byteStrings(number).map((bytes) => utf8.decode(bytes));
  }

  /** A message within; the empty one where it is missing. */
  message(number: number): Message {
    return new Message(this.byteStrings(number).at(-1) ?? new Uint8Array(), this.place);
  }

  messages(number: number): readonly Message[] {
    return this.byteStrings(number).map((bytes) => new Message(bytes, this.place));
  }

  /** Entries of a map from texts to messages. */
  entries(number: number): ReadonlyMap<string, Message> {
    return new Map(this.messages(number).map((entry) => [entry.text(1), entry.message(2)]));
  }

  #all(number: number): readonly Field[] {
    return this.#fields.get(number) ?? [];
  }
}

function readField(reader: ByteReader, wireType: number): Field {
  switch (wireType) {
    case 0:
      return { wire: 'varint', value: reader.varint() };
    case 1:
      return { wire: 'fixed', bytes: reader.take(8) };
    case 2:
      return { wire: 'bytes', bytes: reader.take(reader.count()) };
    case 5:
      return { wire: 'fixed', bytes: reader.take(4) };
    default:
      return reader.damaged(`a field has the wire type ${wireType}`);
  }
}

function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}
