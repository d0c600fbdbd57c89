import { fail } from '../../diagnostics/diagnostic.ts';

/** The file as its structures are read: what they may cost, and how wide addresses and lengths are. */
export interface Hdf5Bytes {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Bytes that structures and arrays may still take, so that such as refer to each other come to an end. */
  readonly budget: { left: number };
}

/** An address that points nowhere. */
export const UNDEFINED_ADDRESS = -1;

/** Reads little-endian numbers one after the other. Stops with QM104 at the end of its bytes. */
export class Cursor {
  readonly source: Hdf5Bytes;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  /** Over `length` bytes from `start`, or all there are. */
  constructor(source: Hdf5Bytes, start: number, length = source.bytes.length - start) {
    this.source = source;
    this.#view = new DataView(source.bytes.buffer, source.bytes.byteOffset, source.bytes.length);
    this.#at = start;
    this.#end = start + length;
    if (!(start >= 0 && length >= 0 && this.#end <= source.bytes.length)) {
      this.damaged(`it refers to byte ${start}, which it does not have`);
    }
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  unsigned(bytes: number): number {
    switch (bytes) {
      case 1:
        return this.uint8();
      case 2:
        return this.uint16();
      case 4:
        return this.uint32();
      case 8:
        return Number(this.#view.getBigUint64(this.#advance(8), true));
    }
    return this.damaged(`a number of ${bytes} bytes`);
  }

  /** An address; −1 for the one whose bits are all set. */
  offset(): number {
    const { offsetBytes } = this.source;
    const value = this.unsigned(offsetBytes);
    return value >= 2 ** (8 * offsetBytes) - 1 ? UNDEFINED_ADDRESS : value;
  }

  length(): number {
    return this.unsigned(this.source.lengthBytes);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.source.bytes.subarray(start, start + count);
  }

  /** The next `count` bytes as a cursor of their own. */
  part(count: number): Cursor {
    return new Cursor(this.source, this.#advance(count), count);
  }

  ascii(count: number): string {
    return String.fromCharCode(...this.take(count));
  }

  /** Stops with QM104 unless these letters come next. */
  expect(letters: string): void {
    if (this.ascii(letters.length) !== letters) this.damaged(`"${letters}" is not where it should be`);
  }

  /** Stops with QM104 where what is to be allocated is out of all proportion to the file. */
  allocate(bytes: number): Uint8Array {
    this.source.budget.left -= bytes;
    if (!(this.source.budget.left >= 0)) this.damaged(`an array of ${bytes} bytes cannot be in it`);
    return new Uint8Array(bytes);
  }

  damaged(reason: string): never {
    return fail('QM104', { file: this.source.file }, { reason });
  }

  /** Stops with QM109: something that the format has and Keras does not use. */
  unsupported(feature: string): never {
    return fail('QM109', { file: this.source.file }, { feature });
  }

  #advance(count: number): number {
    if (!(count >= 0 && count <= this.left)) this.damaged('one of its structures is cut short');
    this.source.budget.left -= count;
    if (this.source.budget.left < 0) this.damaged('its structures refer to each other without end');
    const start = this.#at;
    this.#at += count;
    return start;
  }
}

/** Rows of bytes up to the next multiple of 8. */
export function padTo8(count: number): number {
  return (8 - (count % 8)) % 8;
}

/** UTF-8 up to the first zero. */
export function decodeText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
