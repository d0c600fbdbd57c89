import type { Command } from './command.ts';
import { compileCommand } from './commands/compile.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exploreCommand } from './commands/explore.ts';
import { inspectCommand } from './commands/inspect.ts';
import { opsCommand } from './commands/ops.ts';
import { targetsCommand } from './commands/targets.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of use. */
export const commands: readonly Command[] = [
  inspectCommand,
  compileCommand,
  verifyCommand,
  evaluateCommand,
  exploreCommand,
  targetsCommand,
  opsCommand,
  doctorCommand,
];
