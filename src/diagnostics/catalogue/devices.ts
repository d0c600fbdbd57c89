import type { CatalogueEntry } from './entry.ts';

/** QM5xx: toolchains, emulators and boards. */
export const devices = {
  QM501: {
    severity: 'error',
    text: '{tool} is not installed; it is needed {purpose}',
    hint: '{remedy}',
  },
  QM502: {
    severity: 'warning',
    text: 'the installation failed with exit code {exitCode}: {command}',
    hint: 'run the command by hand and see what it says, then `quantmcu doctor`',
  },
  QM503: {
    severity: 'error',
    text: 'the target description is not valid: {reason}',
    hint: 'compare it with targets/cortex-m4/target.json; quantmcu.target.schema.json is the schema of the file',
  },
  QM504: {
    severity: 'error',
    text: 'there is no target {target}',
    hint: 'the targets are {known}; the path of a target.json of your own serves as well',
  },
  QM505: {
    severity: 'error',
    text: 'the target {target} has no board {board}',
    hint: 'its boards are {known}',
  },
  QM506: {
    severity: 'error',
    text: '{compiler} does not compile this file: {reason}',
    hint: 'if the file is as quantmcu wrote it, this is a bug: please report it with the compiler’s version',
  },
  QM507: {
    severity: 'error',
    text: 'the firmware does not link: {reason}',
    hint: 'if the sources are as quantmcu wrote them, this is a bug: please report it with the compiler’s version',
  },
  QM508: {
    severity: 'error',
    text: 'the firmware does not fit {part}: its {memory} ({limitBytes} bytes) is over by {overBytes} bytes',
    hint: 'compile with a smaller --max-{limit}, or choose a larger board',
  },
  QM509: {
    severity: 'error',
    text: 'the firmware ran into the time limit of {seconds} s on {runner}',
    hint: 'use fewer inputs (--limit); if one input alone takes that long, the generated code hangs, which is a bug',
  },
  QM510: {
    severity: 'error',
    text: 'the firmware faulted on {runner}: {fault}',
    hint: 'this is a bug in the generated code: please report it with the model, or with quantmcu.json',
  },
  QM511: {
    severity: 'error',
    text: 'the firmware stopped on {runner} at input {inference}: {reason}',
    hint: 'this is a bug in the generated code: please report it with the model, or with quantmcu.json',
  },
  QM512: {
    severity: 'error',
    text: '{runner} ended without a result line: {reason}',
    hint: 'run `quantmcu doctor` and see that the emulator is one that is supported',
  },
  QM513: {
    severity: 'error',
    text: 'the result of the run on {runner} cannot be read: {reason}',
    hint: 'this is a bug: please report it with the output shown here',
  },
  QM514: {
    severity: 'error',
    text: 'the firmware printed its result on {runner} but then ended with exit code {exitCode}',
    hint: 'this is a bug: please report it',
  },
  QM515: {
    severity: 'error',
    text: 'the inputs are {bytes} bytes, which is not {count} inputs of equal length',
    hint: 'check the inputs against the shape in quantmcu.json',
  },
  QM516: {
    severity: 'warning',
    text: 'the arena of {arenaBytes} bytes fits no memory of {part}: the largest, {memory}, has {limitBytes}',
    hint: 'compile with --max-ram, --schedule stream or --optimize size, or choose a larger --board',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
