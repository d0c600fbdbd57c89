import type { Instruction } from './disassembly.ts';

/** What an instruction does to the stack pointer: bytes more on the stack (negative: fewer), or an amount that no one knows. */
export type StackEffect = number | 'unknown';

/**
 * The effect of an instruction on the stack. `written` is the instruction that wrote a register last, and `wordAt` reads constants:
 * Armv6-M loads the size of a frame that fits no instruction. A stack pointer that is set from a register which was not
 * lowered counts for no effect: what it gives back is left standing, so that a bound stays one.
 */
export function stackEffect(
  { mnemonic, operands }: Instruction,
  written: (register: string) => Instruction | null,
  wordAt: (address: number) => number | null,
): StackEffect {
  if (/^v?push/.test(mnemonic)) return listBytes(operands);
  if (/^v?pop/.test(mnemonic)) return -listBytes(operands);
  if (/^v?stm(db|fd)/.test(mnemonic) && operands.startsWith('sp!')) return listBytes(operands);
  if (/^v?ldm/.test(mnemonic) && operands.startsWith('sp!')) return -listBytes(operands);
  const before = /\[sp, #-(\d+)\]!/.exec(operands);
  if (before !== null) return Number(before[1]);
  const behind = /\[sp\], #(\d+)/.exec(operands);
  if (behind !== null) return -Number(behind[1]);
  const [, source] = mnemonic === 'mov' ? (/^sp, (r\d+)$/.exec(operands) ?? []) : [];
  if (source !== undefined) return /^sub/.test(written(source)?.mnemonic ?? '') ? 'unknown' : 0;
  const moved = /^(sub|add)[sw]?(?:eq|ne)?$/.exec(mnemonic);
  if (moved === null || !/^sp, /.test(operands)) return 0;
  const sign = moved[1] === 'sub' ? 1 : -1;
  const amount = operands.replace(/^sp, (sp, )?/, '');
  const constant = /^#(\d+)/.exec(amount);
  if (constant !== null) return sign * Number(constant[1]);
  // From another register plus a constant: what a frame pointer gives back.
  if (amount.includes(',')) return 0;
  const load = written(amount);
  const word = load?.mnemonic === 'ldr' && load.refersTo !== null ? wordAt(load.refersTo) : null;
  return word === null ? 'unknown' : sign * (word | 0);
}

/** Bytes of a list of registers such as `{r4-r7, lr}` or `{d8-d15}`. */
function listBytes(operands: string): number {
  const [, list = ''] = /\{(.*)\}/.exec(operands) ?? [];
  const bytesEach = /^\s*d/.test(list) ? 8 : 4;
  const count = list
    .split(',')
    .map((part) => {
      const range = /(\d+)-[a-z](\d+)/.exec(part);
      return range === null ? 1 : Number(range[2]) - Number(range[1]) + 1;
    })
    .reduce((a, b) => a + b, 0);
  return count * bytesEach;
}
