/** One input section as GNU ld placed it. */
export interface Contribution {
  readonly outputSection: string;
  readonly inputSection: string;
  readonly bytes: number;
  /** An object file, `archive.a(member.o)`, or `linker stubs`. */
  readonly file: string;
}

/** Bytes of flash and RAM that a model costs, the harness around it left out. */
export interface FirmwareMemory {
  readonly flash: {
    readonly text: number;
    readonly rodata: number;
    readonly data: number;
    readonly total: number;
  };
  readonly ram: {
    readonly arena: number;
    /** Initialized and zeroed data, the caller's context among it. */
    readonly static: number;
  };
}

/** Object files of the harness are known by this prefix. */
export const HARNESS_PREFIX = 'harness_';
/** Sections in harness objects that hold what belongs to a caller of the model: the arena and the context. */
const CALLER_SECTION = /^(\.bss)?\.qmcu_/;

/** The input sections listed in a map file of GNU ld (`-Wl,-Map`), those discarded left out. */
export function parseLinkerMap(map: string): readonly Contribution[] {
  const found: Contribution[] = [];
  let outputSection = '';
  let wrappedName: string | null = null;
  for (const line of map.slice(map.indexOf('Linker script and memory map')).split('\n')) {
    const outputStart = /^(\.[\w.]+)(?:\s|$)/.exec(line);
    if (outputStart !== null) outputSection = outputStart[1] ?? '';
    // A name too long for its column stands on a line of its own.
    const nameOnly = /^ ([.\w][\w.$-]*)$/.exec(line);
    const input = /^ ([.\w][\w.$-]*)?\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$/.exec(line);
    if (input !== null) {
      const inputSection = input[1] ?? wrappedName;
      if (inputSection !== null) {
        found.push({
          outputSection,
          inputSection,
          bytes: Number.parseInt(input[2] ?? '0', 16),
          file: input[3] ?? '',
        });
      }
    }
    wrappedName = nameOnly === null ? null : (nameOnly[1] ?? null);
  }
  return found;
}

/**
 * Adds up what the model costs: everything that does not come from a harness object, so members of libgcc and libc that
 * the model needs are counted (the harness itself needs none), and from the harness what a caller has to provide.
 * Padding between sections is not counted.
 */
export function accountMemory(contributions: readonly Contribution[]): FirmwareMemory {
  const counted = contributions.filter(
    ({ file, inputSection }) => !isHarness(file) || CALLER_SECTION.test(inputSection),
  );
  const bytesIn = (...outputSections: readonly string[]): number =>
    counted.reduce((bytes, c) => bytes + (outputSections.includes(c.outputSection) ? c.bytes : 0), 0);
  const text = bytesIn('.text', '.vectors');
  const rodata = bytesIn('.rodata', '.weights', '.ARM.extab', '.ARM.exidx');
  const data = bytesIn('.data');
  return {
    flash: { text, rodata, data, total: text + rodata + data },
    ram: { arena: bytesIn('.qmcu_arena', '.qmcu_hot'), static: data + bytesIn('.bss') },
  };
}

function isHarness(file: string): boolean {
  return file.startsWith(HARNESS_PREFIX);
}
