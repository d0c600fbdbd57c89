import type { Disassembly, Instruction, MachineFunction } from './disassembly.ts';
import type { ElfImage } from './elf-image.ts';

/** A program as it is followed: its code, its constants, and what its pointers may point to. */
export interface Program extends Disassembly {
  readonly byAddress: ReadonlyMap<number, MachineFunction>;
  readonly wordAt: ElfImage['wordAt'];
  readonly objectEnd: ElfImage['objectEnd'];
  /** Functions whose address, with the bit that says Thumb, the program holds anywhere: what a pointer may point to. */
  readonly taken: readonly MachineFunction[];
}

export function describeProgram(disassembly: Disassembly, image: ElfImage): Program {
  const { functions } = disassembly;
  const values = new Set([...image.addressWords(), ...composedConstants(functions)]);
  return {
    ...disassembly,
    byAddress: new Map(functions.map((each) => [each.start, each])),
    wordAt: image.wordAt,
    objectEnd: image.objectEnd,
    taken: functions.filter(({ start }) => values.has(start + 1)),
  };
}

/** Constants that MOVW and MOVT put together. */
function* composedConstants(functions: readonly MachineFunction[]): Iterable<number> {
  for (const { instructions } of functions) {
    const low = new Map<string, number>();
    for (const { mnemonic, operands } of instructions) {
      const [, register, value] = /^(\w+), #(\d+)/.exec(operands) ?? [];
      if (register === undefined) continue;
      if (mnemonic === 'movw') low.set(register, Number(value));
      if (mnemonic === 'movt') yield ((Number(value) << 16) | (low.get(register) ?? 0)) >>> 0;
    }
  }
}

/**
 * The functions that a call through a register may reach. Where the instructions before it, up to the last branch, load the register
 * from a table of functions, those of the table; else every function whose address the program holds.
 */
export function calledThrough(
  program: Program,
  instructions: readonly Instruction[],
  index: number,
  register: string,
): readonly MachineFunction[] {
  const definition = definitionOf(instructions, index, register);
  if (definition === null) return program.taken;
  const load = /^\w+, \[(\w+)(?:, (?:#(\d+)|\w+(?:, lsl #2)?))?\]$/.exec(instructions[definition]!.operands);
  if (instructions[definition]!.mnemonic !== 'ldr' || load === null) return program.taken;
  const base = constantIn(program, instructions, definition, load[1]!);
  if (base === null) return program.taken;
  const first = base + Number(load[2] ?? 0);
  const table: MachineFunction[] = [];
  const end = program.objectEnd(first) ?? Infinity;
  for (let at = first; at < end; at += 4) {
    const callee = program.byAddress.get((program.wordAt(at) ?? 0) - 1);
    if (callee === undefined) break;
    table.push(callee);
  }
  return table.length === 0 ? program.taken : table;
}

/** The constant that a register holds at an instruction; null where it is not loaded as one since the last branch. */
function constantIn(
  { wordAt }: Program,
  instructions: readonly Instruction[],
  index: number,
  register: string,
): number | null {
  const definition = definitionOf(instructions, index, register);
  if (definition === null) return null;
  const { mnemonic, operands, refersTo } = instructions[definition]!;
  if (mnemonic === 'ldr' && refersTo !== null) return wordAt(refersTo);
  const high = /^\w+, #(\d+)/.exec(operands);
  if (mnemonic !== 'movt' || high === null) return null;
  const low = definitionOf(instructions, definition, register);
  if (low === null || instructions[low]!.mnemonic !== 'movw') return null;
  return ((Number(high[1]) << 16) | Number(/#(\d+)/.exec(instructions[low]!.operands)?.[1])) >>> 0;
}

/** Index of the instruction that wrote what a register holds, copied or not, in the same stretch without branches. */
function definitionOf(instructions: readonly Instruction[], index: number, register: string): number | null {
  for (let i = index - 1; i >= 0; i--) {
    const { mnemonic, operands } = instructions[i]!;
    if (/^(b|bl|blx|bx|cb|tb|le|wls)/.test(mnemonic) && !/^bi?c|^bf/.test(mnemonic)) return null;
    if (!operands.startsWith(`${register},`) || /^(str|cmp|cmn|tst)/.test(mnemonic)) continue;
    const copied = mnemonic === 'mov' ? /^\w+, ([a-z]\w*)$/.exec(operands) : null;
    return copied === null ? i : definitionOf(instructions, i, copied[1]!);
  }
  return null;
}
