import type { Memory } from '../ir/target.ts';
import { holdsCode, holdsData } from './placement.ts';
import type { BoardEntry } from './target-file.ts';

/** Something that a schema cannot say of a board: the path inside its description, and what is wrong there. */
export interface BoardProblem {
  readonly path: string;
  readonly reason: string;
}

/** What is wrong with the memories of a board, nothing where it has none, and with Renode's model of it. */
export function findBoardProblems(board: BoardEntry): readonly BoardProblem[] {
  return [...findMemoryProblems(board), ...findRenodeProblems(board)];
}

function findMemoryProblems({ memories }: BoardEntry): readonly BoardProblem[] {
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

function findRenodeProblems({ memories, serial, renode }: BoardEntry): readonly BoardProblem[] {
  if (renode === undefined) return [];
  const { platform, uart, corrected = {}, added = [], firmware } = renode;
  const problems: BoardProblem[] = [];
  const add = (path: string, reason: string): void => {
    problems.push({ path: `renode.${path}`, reason });
  };
  const known = (memories?.regions ?? []).map(({ name }) => name);
  for (const [path, names] of [
    ['corrected', Object.keys(corrected)],
    ['added', added],
  ] as const) {
    for (const name of names.filter((region) => !known.includes(region))) {
      add(path, `there is no region ${name}`);
    }
  }
  if (firmware === undefined && serial === undefined) {
    add('firmware', 'neither this nor `serial` says how the firmware is built');
  }
  if (platform === undefined && (uart.type === undefined || uart.base === undefined)) {
    add('uart', 'without a platform, class and address of the UART have to be said');
  }
  if (platform === undefined && (Object.keys(corrected).length > 0 || added.length > 0)) {
    add('platform', 'without one, there is nothing to correct or to add to');
  }
  return problems;
}

function meet(a: Memory, b: Memory, base: 'base' | 'emulatedBase'): boolean {
  return a[base] < b[base] + b.bytes && b[base] < a[base] + a.bytes;
}
