import { ByteBuffer } from 'flatbuffers';
import { fail } from '../../diagnostics/diagnostic.ts';

/** What one table costs against the reading budget, in bytes of memory. */
const TABLE_COST = 256;
const VTABLE_HEADER_BYTES = 4;

/**
 * A flatbuffer whose every access is checked against its bounds. Since a vector may hold the same offset many times, what is
 * read out of a file is bounded too: a file that unfolds to far more than its own size is refused.
 */
export class FlatFile {
  readonly file: string;
  readonly buffer: ByteBuffer;
  #budget: number;

  constructor(bytes: Uint8Array, file: string) {
    this.file = file;
    this.buffer = new ByteBuffer(bytes);
    this.#budget = 8 * bytes.length + 2 ** 20;
  }

  /** The table that the file begins with. */
  root(): FlatTable {
    this.check(0, 4, '');
    return new FlatTable(this, this.buffer.readUint32(0), '');
  }

  /** Stops with QM104 unless `bytes` bytes at `offset` lie within the file. */
  check(offset: number, bytes: number, path: string): void {
    if (offset < 0 || offset + bytes > this.buffer.capacity()) {
      this.damaged(
        path,
        `${bytes} bytes at offset ${offset} lie outside its ${this.buffer.capacity()} bytes`,
      );
    }
  }

  /** Counts memory that reading costs; stops with QM104 when it is out of proportion to the file. */
  spend(bytes: number, path: string): void {
    this.#budget -= bytes;
    if (this.#budget < 0) this.damaged(path, 'its parts refer to each other over and over');
  }

  damaged(path: string, reason: string): never {
    fail('QM104', { file: this.file, path }, { reason });
  }
}

/** Where the elements of a vector stand. */
interface VectorSpan {
  readonly start: number;
  readonly length: number;
}

/** One table of a flatbuffer. Fields go by their index in the schema; an absent field has the schema's default. */
export class FlatTable {
  /** Path of the table inside the file, such as `subgraphs[0].operators[3]`. */
  readonly path: string;
  readonly #flat: FlatFile;
  readonly #start: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(flat: FlatFile, start: number, path: string) {
    this.path = path;
    this.#flat = flat;
    this.#start = start;
    flat.spend(TABLE_COST, path);
    flat.check(start, 4, path);
    this.#vtable = start - flat.buffer.readInt32(start);
    flat.check(this.#vtable, VTABLE_HEADER_BYTES, path);
    this.#vtableBytes = flat.buffer.readUint16(this.#vtable);
    flat.check(this.#vtable, this.#vtableBytes, path);
  }

  damaged(reason: string): never {
    this.#flat.damaged(this.path, reason);
  }

  uint8(field: number, absent = 0): number {
    const at = this.#field(field, 1);
    return at === null ? absent : this.#flat.buffer.readUint8(at);
  }

  bool(field: number): boolean {
    return this.uint8(field) !== 0;
  }

  int32(field: number, absent = 0): number {
    const at = this.#field(field, 4);
    return at === null ? absent : this.#flat.buffer.readInt32(at);
  }

  uint32(field: number, absent = 0): number {
    return this.int32(field, absent) >>> 0;
  }

  float32(field: number, absent = 0): number {
    const at = this.#field(field, 4);
    return at === null ? absent : this.#flat.buffer.readFloat32(at);
  }

  /** An unsigned 64-bit field; above 2^53 it is rounded, which no valid offset reaches. */
  uint64(field: number): number {
    const at = this.#field(field, 8);
    return at === null ? 0 : Number(this.#flat.buffer.readUint64(at));
  }

  string(field: number): string | null {
    const bytes = this.bytes(field);
    if (bytes === null) return null;
    this.#flat.spend(bytes.length, this.path);
    return new TextDecoder().decode(bytes);
  }

  table(field: number, name: string): FlatTable | null {
    const at = this.#field(field, 4);
    return at === null ? null : this.#follow(at, `${this.path}.${name}`);
  }

  /** A vector of tables; empty where absent. `name` is the field's name in the schema. */
  tables(field: number, name: string): readonly FlatTable[] {
    const prefix = this.path === '' ? name : `${this.path}.${name}`;
    return this.#elements(field, 4, (at, index) => this.#follow(at, `${prefix}[${index}]`)) ?? [];
  }

  int32s(field: number): readonly number[] | null {
    return this.#elements(field, 4, (at) => this.#flat.buffer.readInt32(at));
  }

  float32s(field: number): readonly number[] | null {
    return this.#elements(field, 4, (at) => this.#flat.buffer.readFloat32(at));
  }

  int64s(field: number): readonly number[] | null {
    return this.#elements(field, 8, (at) => Number(this.#flat.buffer.readInt64(at)));
  }

  /** A vector of bytes, as a view into the file. */
  bytes(field: number): Uint8Array | null {
    const span = this.#vector(field, 1);
    return span === null ? null : this.#flat.buffer.bytes().subarray(span.start, span.start + span.length);
  }

  #elements<T>(field: number, elementBytes: number, read: (at: number, index: number) => T): T[] | null {
    const span = this.#vector(field, elementBytes);
    if (span === null) return null;
    this.#flat.spend(span.length * 8, this.path);
    return Array.from({ length: span.length }, (_, index) => read(span.start + index * elementBytes, index));
  }

  /** Offset of a field's `bytes` bytes; null where the table lacks it. */
  #field(field: number, bytes: number): number | null {
    const slot = VTABLE_HEADER_BYTES + 2 * field;
    if (slot + 2 > this.#vtableBytes) return null;
    const offset = this.#flat.buffer.readUint16(this.#vtable + slot);
    if (offset === 0) return null;
    this.#flat.check(this.#start + offset, bytes, this.path);
    return this.#start + offset;
  }

  #vector(field: number, elementBytes: number): VectorSpan | null {
    const at = this.#field(field, 4);
    if (at === null) return null;
    const vector = at + this.#flat.buffer.readUint32(at);
    this.#flat.check(vector, 4, this.path);
    const length = this.#flat.buffer.readUint32(vector);
    this.#flat.check(vector + 4, length * elementBytes, this.path);
    return { start: vector + 4, length };
  }

  #follow(at: number, path: string): FlatTable {
    return new FlatTable(this.#flat, at + this.#flat.buffer.readUint32(at), path);
  }
}
