import type { Memory } from '../ir/target.ts';
import { holdsCode, holdsData } from './placement.ts';
import type { BoardEntry } from './target-file.ts';

/** Something that a schema cannot say of a board: the path inside its description, and what is wrong there. */
export interface BoardProblem {
  readonly path: string;
  readonly reason: string;
}

/** What is wrong with the memories of a board; nothing where it has none. */
export function findBoardProblems({ memories }: BoardEntry): readonly BoardProblem[] {
  if (memories === undefined) return [];
  const { regions, stackBytes } = memories;
  const problems: BoardProblem[] = [];
  const add = (path: string, reason: string): void => {
    problems.push({ path: `memories.${path}`, reason });
  };
  if (!regions.some(holdsCode)) add('regions', 'none of them holds code: flash, mram or external-flash');
  if (!regions.some(holdsData)) add('regions', 'none of them holds data: sram or kin');
  if (!regions.some((region) => holdsData(region) && region.bytes > stackBytes)) {
    add('stackBytes', 'no memory for data is larger than the stack');
  }
  regions.forEach((region, i) => {
    for (const other of regions.slice(0, i)) {
      if (other.name === region.name) add(`regions.${i}.name`, `there are two regions ${region.name}`);
      if (meet(other, region, 'base')) add(`regions.${i}.base`, `${region.name} overlaps ${other.name}`);
      if (meet(other, region, 'emulatedBase')) {
        add(`regions.${i}.emulated`, `${region.name} overlaps ${other.name} on the emulated machine`);
      }
    }
  });
  return problems;
}

function meet(a: Memory, b: Memory, base: 'base' | 'emulatedBase'): boolean {
  return a[base] < b[base] + b.bytes && b[base] < a[base] + a.bytes;
}
