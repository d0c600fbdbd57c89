/**
 * How a row of a feature map of b bits lies in memory. A byte holds one channel of 8 / b columns beside each other, the first in
 * its highest bits; bytes of all channels follow each other, then those of the next columns. Kernels so find the columns that
 * they compute together with one load. At 8 bits this is (columns, channels), one byte a value.
 */

/** Bytes of the first `columns` columns of a stored row. */
export function columnBytes(columns: number, channels: number, bits: number): number {
  return Math.ceil((columns * bits) / 8) * channels;
}

/** The bytes that hold columns `from` … `to` − 1 of a stored row; some may hold their neighbours too. */
export function bytesOfColumns(
  { from, to }: { readonly from: number; readonly to: number },
  channels: number,
  bits: number,
): { readonly from: number; readonly to: number } {
  return {
    from: Math.floor((from * bits) / 8) * channels,
    to: columnBytes(to, channels, bits),
  };
}

/**
 * Spreads columns `first` … `first + columns − 1` of the row that begins at byte `at` to one byte a value, (columns, channels),
 * from `to` on. Values of 8 bits are copied, narrower ones (4 or 2 bits) are unsigned.
 */
export function unpackColumns(
  bytes: Int8Array,
  at: number,
  first: number,
  columns: number,
  channels: number,
  bits: number,
  values: Int8Array,
  to: number,
): void {
  if (bits === 8) {
    values.set(bytes.subarray(at + first * channels, at + (first + columns) * channels), to);
    return;
  }
  const mask = 2 ** bits - 1;
  for (let column = first; column < first + columns; column++) {
    const { byte, shift } = placeOf(column, channels, bits);
    for (let c = 0; c < channels; c++) values[to++] = (bytes[at + byte + c]! >> shift) & mask;
  }
}

/** The reverse: values from index `from` on become columns of the row at byte `at`; what else its bytes hold stays. */
export function packColumns(
  values: Int8Array,
  from: number,
  columns: number,
  channels: number,
  bits: number,
  bytes: Int8Array,
  at: number,
  first: number,
): void {
  if (bits === 8) {
    bytes.set(values.subarray(from, from + columns * channels), at + first * channels);
    return;
  }
  const mask = 2 ** bits - 1;
  for (let column = first; column < first + columns; column++) {
    const { byte, shift } = placeOf(column, channels, bits);
    for (let c = 0; c < channels; c++) {
      const index = at + byte + c;
      bytes[index] = (bytes[index]! & ~(mask << shift)) | ((values[from++]! & mask) << shift);
    }
  }
}

/** The first byte of a column, and how far its bits lie from the lowest. */
function placeOf(
  column: number,
  channels: number,
  bits: number,
): { readonly byte: number; readonly shift: number } {
  const together = 8 / bits;
  return {
    byte: Math.floor(column / together) * channels,
    shift: 8 - bits * (1 + (column % together)),
  };
}
