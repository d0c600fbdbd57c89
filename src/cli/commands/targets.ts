import { loadTarget, loadTargets } from '../../device/targets.ts';
import { formatTable, type Column } from '../../util/text-table.ts';
import type { Command } from '../command.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'target', align: 'left' },
  { heading: 'cpu', align: 'left' },
  { heading: 'board', align: 'left' },
  { heading: 'limits of', align: 'left' },
  { heading: 'runs on', align: 'left' },
];

export const targetsCommand: Command = {
  name: 'targets',
  summary: 'list what can be compiled for; the first board of a target is its default',
  positionals: [],
  flags: ['validate'],
  run: async ({ validate }) => {
    const targets = validate === undefined ? await loadTargets() : [await loadTarget(validate)];
    const rows = targets.flatMap((target) =>
      target.boards.map((board, i) => [
        i === 0 ? target.id : '',
        i === 0 ? target.title : '',
        board.id,
        board.part,
        board.runner.kind === 'qemu' ? `QEMU ${board.runner.machine}` : 'this computer',
      ]),
    );
    return { json: { targets }, text: `${formatTable(COLUMNS, rows)}\n`, exitCode: 0 };
  },
};
