import type { ConstantArray, Program } from '../ir/program.ts';
import { commentText, numberLines } from './c-text.ts';

/** An array as weights.h declares and weights.c defines it. */
export interface ArrayView {
  readonly comment: string;
  /** `int8_t name[n]` */
  readonly declarator: string;
  /** Alignment beyond that of its elements, as the macro call that asks for it; empty without. */
  readonly alignment: string;
  readonly lines: string;
}

export function viewArrays(program: Program, macro: string): readonly ArrayView[] {
  return program.constants.map((constant) => ({
    comment: `${commentText(constant.comment)}, ${constant.data.byteLength} bytes`,
    declarator: `${constant.type} ${program.name}_${constant.name}[${constant.data.length}]`,
    alignment: isAlignedByType(constant) ? '' : `${macro}_ALIGNED(${constant.alignmentBytes}) `,
    lines: numberLines(constant.data),
  }));
}

function isAlignedByType({ data, alignmentBytes }: ConstantArray): boolean {
  return data.BYTES_PER_ELEMENT >= alignmentBytes;
}
