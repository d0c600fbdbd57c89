/**
 * Weights of fewer than 8 bits in bytes: value i of a run takes bits i·bits … (i + 1)·bits − 1, low bits of each byte first.
 */

/** Bytes of a run of `count` values. */
function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Signed values in two's complement of 2 … 8 bits, which may straddle bytes. */
export function packSigned(values: ArrayLike<number>, bits: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(values.length, bits));
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    for (let bit = 0; bit < bits; bit++) {
      const position = index * bits + bit;
      bytes[position >> 3]! |= ((value >> bit) & 1) << (position & 7);
    }
  }
  return bytes;
}
