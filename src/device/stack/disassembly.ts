/** One instruction, as `objdump -d --no-show-raw-insn` prints it. */
export interface Instruction {
  readonly address: number;
  /** Without `.n` and `.w`. */
  readonly mnemonic: string;
  readonly operands: string;
  /** The address that it branches or refers to; null where none is printed. */
  readonly refersTo: number | null;
}

/** A function of a program, from its symbol to the next. */
export interface MachineFunction {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly instructions: readonly Instruction[];
}

/** A program taken apart. */
export interface Disassembly {
  /** By address. */
  readonly functions: readonly MachineFunction[];
}

const HEAD = /^([0-9a-f]+) <(.+)>:$/;
const LINE = /^ *([0-9a-f]+):\t(\S+)(?:\t(.*))?$/;
/** What an address is printed as: alone before its symbol, or in a comment. */
const ADDRESS = /(?:^|[ (])([0-9a-f]+) <[^>]+>/;

/** Reads what `objdump -d --no-show-raw-insn` prints of an Arm program. */
export function parseDisassembly(text: string): Disassembly {
  const functions: { name: string; start: number; instructions: Instruction[]; end: number }[] = [];
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null) {
      const start = parseInt(head[1]!, 16);
      functions.push({ name: head[2]!, start, end: start, instructions: [] });
      continue;
    }
    const found = LINE.exec(line);
    const current = functions.at(-1);
    if (found === null || current === undefined) continue;
    const [, at, what, rest = ''] = found;
    const address = parseInt(at!, 16);
    current.end = address + 4;
    if (what!.startsWith('.')) continue;
    current.instructions.push({
      address,
      mnemonic: what!.replace(/\.[nw]$/, ''),
      // Comments stand behind an at sign, in older versions behind a semicolon.
      operands: rest.replace(/\s*[@;].*$/, '').trim(),
      refersTo: addressIn(rest),
    });
  }
  functions.forEach((each, i) => (each.end = functions[i + 1]?.start ?? each.end));
  return { functions };
}

function addressIn(text: string): number | null {
  const found = ADDRESS.exec(text);
  return found === null ? null : parseInt(found[1]!, 16);
}
