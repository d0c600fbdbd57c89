/**
 * Compiles a small network for every board of every target, builds and runs it within the board's memories, and writes what came of it
 * into docs/targets.md, with whether there is firmware for the board's UART and what Renode gets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { loadTargets } from '../../src/device/targets.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { kindOfPath, listFilesBelow, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import type { Board, Target } from '../../src/ir/target.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { verify } from '../../src/verify.ts';
import { verifyOnRenode } from '../../src/verify-renode.ts';
import { findTestdata } from './testdata.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'target', align: 'left' },
  { heading: 'board', align: 'left' },
  { heading: 'fits', align: 'left' },
  { heading: 'RAM', align: 'right' },
  { heading: 'flash', align: 'right' },
  { heading: 'runs on', align: 'left' },
  { heading: 'outputs', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'UART firmware', align: 'left' },
  { heading: 'Renode files', align: 'left' },
];
const MODEL = 'kws-dscnn.int8.tflite';
const INPUTS = 2;
/** Nothing is behind it: the scripts are what is wanted. */
const WITHOUT_RENODE = 'QM533';

const model = path.join(await findTestdata(), 'models', MODEL);
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-boards-'));
const rows: (readonly string[])[] = [];
try {
  for (const target of await loadTargets()) {
    for (const board of target.boards) {
      rows.push([target.id, board.id, ...(await measure(target, board))]);
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(target: Target, board: Board): Promise<readonly string[]> {
  const dir = path.join(folder, `${target.id}-${board.id}`);
  const options = { ...compileDefaults, model, name: 'kws', target: target.id, board: board.id, out: dir };
  try {
    const warned: string[] = [];
    await compile(options, { ...noFeedback, warn: ({ code }) => warned.push(code) });
    const request = { dir, on: null, board: board.id, inputs: null, limit: INPUTS, perLayer: false };
    const { ram, flash, bitExact, mismatches, instructions } = await verify(request, noFeedback);
    const { runner } = board;
    return [
      warned.length === 0 ? 'yes' : warned.join(' '),
      ram === null ? '' : formatCount(ram.total),
      flash === null ? '' : formatCount(flash.total),
      runner.kind === 'qemu' ? `QEMU ${runner.machine}` : 'this computer',
      bitExact ? 'bit-exact' : `${mismatches} differ`,
      instructions === null ? '' : formatCount(instructions.perInference),
      board.serial === null ? 'no' : 'yes',
      await renodeFiles(dir, board),
    ];
  } catch (error) {
    return [described(error), '', '', '', '', '', '', ''];
  }
}

/** The kinds of file that Renode gets for the board. */
async function renodeFiles(dir: string, board: Board): Promise<string> {
  if (board.renode === null) return 'no';
  try {
    await verifyOnRenode({ dir, board: board.id, inputs: null, limit: INPUTS, cmsisNn: null }, noFeedback);
  } catch (error) {
    const code = error instanceof DiagnosticError ? error.diagnostics[0]?.code : undefined;
    if (code !== WITHOUT_RENODE) return described(error);
  }
  const written = path.join(dir, 'renode');
  const names = (await kindOfPath(written)) === 'folder' ? await listFilesBelow(written) : [];
  const kinds = ['.repl', '.resc', '.robot'].filter((end) => names.some((name) => name.endsWith(end)));
  return kinds.join(' ');
}

/** A problem of the board as its diagnostic; any other error ends the script. */
function described(error: unknown): string {
  if (!(error instanceof DiagnosticError)) throw error;
  const [{ code, message } = { code: '', message: '' }] = error.diagnostics;
  return `${code} ${message}`;
}

const page = `# Targets

A small network (\`${MODEL}\` of the test data) compiled for every board of every target, built within the memories of the board
and run on the machine that stands for it, ${INPUTS} inputs each, outputs compared with the integer executor. RAM is arena, statics and
measured stack, flash is code and constants of the whole program. What Renode gets is written for boards that it models; no Renode
has run here. Printed by \`npm run figures:boards\`; how boards are described: [targets/README.md](../targets/README.md).

${formatMarkdownTable(COLUMNS, rows)}
`;
await writeBytes(packagePath('docs', 'targets.md'), page);
