/**
 * Values of fewer than 8 bits in bytes: value i of a run takes bits i·bits … (i + 1)·bits − 1, low bits of each byte first.
 */

/**
 * Spreads values `first` … `first + count − 1` of the run that begins at byte `at` to one byte each, from `to` on. Values of
 * 8 bits are copied, narrower ones (4 or 2 bits) are unsigned.
 */
export function unpackValues(
  bytes: Int8Array,
  at: number,
  first: number,
  count: number,
  bits: number,
  values: Int8Array,
  to: number,
): void {
  if (bits === 8) {
    values.set(bytes.subarray(at + first, at + first + count), to);
    return;
  }
  const mask = 2 ** bits - 1;
  let position = first * bits;
  for (let i = 0; i < count; i++) {
    values[to + i] = (bytes[at + (position >> 3)]! >> (position & 7)) & mask;
    position += bits;
  }
}

/** The reverse: `count` values from index `from` on become values `first` … of the run at byte `at`; its other bits stay. */
export function packValues(
  values: Int8Array,
  from: number,
  count: number,
  bits: number,
  bytes: Int8Array,
  at: number,
  first: number,
): void {
  if (bits === 8) {
    bytes.set(values.subarray(from, from + count), at + first);
    return;
  }
  const mask = 2 ** bits - 1;
  let position = first * bits;
  for (let i = 0; i < count; i++) {
    const byte = at + (position >> 3);
    const shift = position & 7;
    bytes[byte] = (bytes[byte]! & ~(mask << shift)) | ((values[from + i]! & mask) << shift);
    position += bits;
  }
}

/** Bytes of a run of `count` values. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** A run of `count` values, the bits behind them zero: nobody writes these, so they hold what lay there before. */
export function withoutRest(bytes: Uint8Array, count: number, bits: number): Uint8Array {
  const rest = 8 * bytes.length - count * bits;
  if (rest <= 0 || rest >= 8) return bytes;
  const masked = bytes.slice();
  masked[masked.length - 1]! &= 0xff >> rest;
  return masked;
}

/** Signed values in two's complement of 2 … 8 bits, which may straddle bytes. */
export function packSigned(values: readonly number[], bits: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(values.length, bits));
  values.forEach((value, index) => {
    for (let bit = 0; bit < bits; bit++) {
      const position = index * bits + bit;
      bytes[position >> 3]! |= ((value >> bit) & 1) << (position & 7);
    }
  });
  return bytes;
}
