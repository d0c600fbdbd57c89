import type { Instruction, MachineFunction } from './disassembly.ts';
import { calledThrough, type Program } from './pointers.ts';
import { stackEffect } from './stack-effect.ts';

/** What a function does with the stack. */
export interface Frame {
  readonly name: string;
  readonly start: number;
  /** The most that it has on the stack itself, in bytes. */
  readonly bytes: number;
  /** Calls and jumps to other functions, with the bytes that lie on the stack then. */
  readonly calls: readonly { readonly target: number; readonly depth: number }[];
  /** Calls and jumps through registers that lead out of the function, with what they may reach and the bytes on the stack then. */
  readonly indirect: readonly {
    readonly address: number;
    readonly callees: readonly MachineFunction[];
    readonly depth: number;
  }[];
  /** Why there is no bound on `bytes`; null where there is one. */
  readonly unbounded: string | null;
}

/** A stack that grows beyond this grows in a loop. */
const MOST_BYTES = 1 << 20;
const CONDITION = '(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)';
const BRANCH = new RegExp(`^b(${CONDITION})?$`);
const LOOP = /^(?:cbn?z|le|letp|wls|wlstp)(?:\.\d+)?$/;
const RETURN = new RegExp(`^(?:pop|ldm(?:ia|fd)?|ldr|bx|mov)(${CONDITION})?$`);

/** Routines of libgcc for Armv6-M that return to where the table behind the call says. */
const TABLE_HELPER = '__gnu_thumb1_case_';

interface Flow {
  /** Where it goes on within the function. */
  readonly next: readonly number[];
  readonly target: number | null;
  /** It goes where a register or a table says. */
  readonly computed: 'call' | 'jump' | 'table' | null;
}

/** Follows every path through a function with the stack that has piled up on it. */
export function frameOf(machine: MachineFunction, program: Program): Frame {
  const { name, start, instructions } = machine;
  const at = new Map(instructions.map((instruction, i) => [instruction.address, i]));
  const depths = new Map<number, number>();
  const calls = new Map<number, { target: number; depth: number }>();
  const indirect = new Map<number, Frame['indirect'][number]>();
  const jumpsWithin = takesOwnAddress(machine);
  let most = 0;
  let tableDepth: number | null = null;
  let unbounded: string | null = null;

  const open: (readonly [number, number])[] = [[0, 0]];
  const writtenBefore =
    (index: number) =>
    (register: string): Instruction | null =>
      instructions.slice(0, index).findLast(({ operands }) => operands.startsWith(`${register},`)) ?? null;

  while (unbounded === null) {
    const path = open.pop();
    if (path === undefined) {
      // What a table leads to is what nothing else leads to.
      const left: number = tableDepth === null ? -1 : instructions.findIndex((_, i) => !depths.has(i));
      if (left < 0) break;
      open.push([left, tableDepth!]);
      continue;
    }
    const [index, depth] = path;
    const instruction = instructions[index];
    if (instruction === undefined || (depths.get(index) ?? -1) >= depth) continue;
    depths.set(index, depth);
    const effect = stackEffect(instruction, writtenBefore(index), program.wordAt);
    if (effect === 'unknown') unbounded = `${name} takes an amount of stack that is computed`;
    const after: number = depth + (effect === 'unknown' ? 0 : effect);
    if (after > MOST_BYTES) unbounded = `${name} takes stack in a loop`;
    most = Math.max(most, after);
    const flow = flowOf(instruction, jumpsWithin, (address) => program.byAddress.get(address)?.name ?? '');
    if (flow.computed === 'table') tableDepth = Math.max(tableDepth ?? 0, after);
    else if (flow.computed !== null) {
      const callees = calledThrough(program, instructions, index, instruction.operands.replace(/^pc, /, ''));
      indirect.set(index, { address: instruction.address, callees, depth: after });
    }
    if (flow.target !== null) {
      const within = at.get(flow.target);
      if (within !== undefined && !(instruction.mnemonic === 'bl' && within === 0))
        open.push([within, after]);
      else calls.set(index, { target: flow.target, depth: after });
    }
    // BL within a function is how GCC jumps far on Armv6-M.
    const isFarJump = instruction.mnemonic === 'bl' && (at.get(flow.target ?? -1) ?? 0) > 0;
    if (!isFarJump) for (const step of flow.next) open.push([index + step, after]);
  }
  return {
    name,
    start,
    bytes: most,
    calls: [...calls.values()],
    indirect: [...indirect.values()],
    unbounded,
  };
}

/** Where an instruction leads: to the next one and to a target. `next` counts instructions. */
function flowOf(
  { mnemonic, operands, refersTo }: Instruction,
  jumpsWithin: boolean,
  nameOf: (address: number) => string,
): Flow {
  const on = { next: [1], target: null, computed: null } as const;
  const table = { next: [], target: null, computed: 'table' } as const;
  if (mnemonic === 'bl') {
    const goesOn = refersTo === null || !nameOf(refersTo).startsWith(TABLE_HELPER);
    return goesOn ? { ...on, target: refersTo } : { ...table, target: refersTo };
  }
  if (mnemonic === 'blx')
    return refersTo === null ? { ...on, computed: 'call' } : { ...on, target: refersTo };
  if (LOOP.test(mnemonic)) return { ...on, target: refersTo };
  const branch = BRANCH.exec(mnemonic);
  if (branch !== null) return { ...on, next: branch[1] === undefined ? [] : [1], target: refersTo };
  // Armv6-M has no other way to go by a table than to write the program counter.
  if (/^tb[bh]$/.test(mnemonic) || (/^(add|mov)$/.test(mnemonic) && /^pc, r\d+$/.test(operands)))
    return table;
  const left = RETURN.exec(mnemonic);
  if (left === null) return on;
  const next = left[1] === undefined ? [] : [1];
  const kind = mnemonic.replace(/(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$/, '');
  if (kind === 'pop' || kind.startsWith('ldm')) return /\bpc\b/.test(operands) ? { ...on, next } : on;
  if (kind === 'bx') {
    if (operands === 'lr') return { ...on, next };
    return jumpsWithin ? table : { next, target: null, computed: 'jump' };
  }
  if (!/^pc,/.test(operands)) return on;
  if (operands.includes('[sp]')) return { ...on, next };
  if (kind === 'ldr' && jumpsWithin) return table;
  return { next, target: null, computed: kind === 'mov' ? null : 'jump' };
}

/** Whether a function computes an address of its own code, as unrolled loops do that are left for what is computed before. */
function takesOwnAddress({ start, end, instructions }: MachineFunction): boolean {
  return instructions.some(({ address, mnemonic, operands, refersTo }) => {
    if (!/^(add|addw|adr)/.test(mnemonic)) return false;
    const offset = /, pc, #(\d+)/.exec(operands);
    const taken = offset === null ? refersTo : ((address + 4) & ~3) + Number(offset[1]);
    return (offset !== null || mnemonic.startsWith('adr')) && taken !== null && taken >= start && taken < end;
  });
}
