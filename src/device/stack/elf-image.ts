/** What a program file says that memory holds when it starts. */
export interface ElfImage {
  /** The word at an address; null where the file has none. */
  readonly wordAt: (address: number) => number | null;
  /** Where the variable or constant ends that an address lies in; null where no symbol tells. */
  readonly objectEnd: (address: number) => number | null;
  /**
   * The words that the linker has made addresses of, in no order; not those of the vector table. Needs the relocations kept
   * (`--emit-relocs`).
   */
  readonly addressWords: () => Iterable<number>;
}

const PROGRAM_BITS = 1;
const SYMBOL_TABLE = 2;
const SYMBOL_BYTES = 16;
const OBJECT = 1;
const RELOCATIONS = 9;
const FLAG_ALLOCATED = 2;
/** R_ARM_ABS32 and R_ARM_TARGET1 of the ELF for the Arm architecture. */
const ADDRESS_RELOCATIONS = new Set([2, 38]);

/** Reads a little-endian 32-bit ELF file (System V ABI, chapter 4); null where it is none. Relocations that are kept are resolved too. */
export function readElf(bytes: Uint8Array): ElfImage | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isElf =
    bytes.length > 52 && view.getUint32(0, false) === 0x7f454c46 && bytes[4] === 1 && bytes[5] === 1;
  if (!isElf) return null;
  const word = (at: number): number => view.getUint32(at, true);
  const [table, entryBytes, count] = [word(32), view.getUint16(46, true), view.getUint16(48, true)];
  const names = word(table + view.getUint16(50, true) * entryBytes + 16);
  const sections = Array.from({ length: count }, (_, i) => table + i * entryBytes).map((at) => ({
    name: textAt(bytes, names + word(at)),
    type: word(at + 4),
    flags: word(at + 8),
    address: word(at + 12),
    offset: word(at + 16),
    bytes: word(at + 20),
  }));
  const loaded = sections.filter(
    ({ type, flags }) => type === PROGRAM_BITS && (flags & FLAG_ALLOCATED) !== 0,
  );
  const wordAt = (address: number): number | null => {
    const found = loaded.find((each) => each.address <= address && address + 4 <= each.address + each.bytes);
    return found === undefined ? null : word(found.offset + address - found.address);
  };
  const objects = sections
    .filter(({ type }) => type === SYMBOL_TABLE)
    .flatMap(({ offset, bytes: length }) =>
      Array.from({ length: length / SYMBOL_BYTES }, (_, i) => offset + i * SYMBOL_BYTES),
    )
    .filter((at) => (bytes[at + 12]! & 0xf) === OBJECT)
    .map((at) => ({ start: word(at + 4), end: word(at + 4) + word(at + 8) }));
  return {
    wordAt,
    objectEnd: (address) => objects.find(({ start, end }) => start <= address && address < end)?.end ?? null,
    *addressWords() {
      for (const { name, type, offset, bytes: length } of sections) {
        if (type !== RELOCATIONS || name === '.rel.vectors') continue;
        for (let at = offset; at < offset + length; at += 8) {
          const value = ADDRESS_RELOCATIONS.has(word(at + 4) & 0xff) ? wordAt(word(at)) : null;
          if (value !== null) yield value;
        }
      }
    },
  };
}

function textAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString('latin1');
}
