import { findExecutable } from '../../host/environment.ts';
import { readBytes } from '../../host/files.ts';
import { runProcess } from '../../host/processes.ts';
import type { Target } from '../../ir/target.ts';
import type { WorstCase } from '../../ir/worst-case.ts';
import { findTool } from '../tools.ts';
import { parseDisassembly } from './disassembly.ts';
import { readElf } from './elf-image.ts';
import { describeProgram } from './pointers.ts';
import { worstCaseOf } from './worst-case.ts';

/** The functions of a model that an application calls. */
const ENTRIES = ['init', 'run', 'start', 'push_row'];

/**
 * The most stack that the functions of a model can take in a program for a board; null on the host, and where the compiler has no objdump
 * beside it.
 */
export async function worstCaseStack(
  program: string,
  { compiler, architecture }: Target,
  model: string,
): Promise<WorstCase | null> {
  if (architecture === 'host') return null;
  const tool = await findTool(compiler.commands);
  const objdump = tool === null ? null : findExecutable(tool.command.replace(/gcc$/, 'objdump'));
  if (objdump === null || objdump === tool?.path) return null;
  const listing = await runProcess(objdump, ['-d', '--no-show-raw-insn', program]);
  const image = readElf(await readBytes(program));
  if (listing.exitCode !== 0 || image === null) return null;
  return worstCaseOf(
    describeProgram(parseDisassembly(listing.stdout), image),
    ENTRIES.map((entry) => `${model}_${entry}`),
  );
}
