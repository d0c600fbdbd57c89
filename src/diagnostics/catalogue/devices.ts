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
  QM520: {
    severity: 'error',
    text: 'the npm package serialport does not load here: {reason}',
    hint: 'run `npm ci` where the package is missing; where its binding is, `npm rebuild @serialport/bindings-cpp`, which needs a C++ compiler',
  },
  QM521: {
    severity: 'error',
    text: 'the port {port} cannot be opened: {reason}',
    hint: 'see that the board is connected, that you may read and write the port, and that no other program has it',
  },
  QM522: {
    severity: 'error',
    text: 'nothing on {port} answers as the serial harness does: {reason}',
    hint: 'reset the board; see the port, the baud rate, and that the firmware is flashed (--flash "openocd … {elf} …")',
  },
  QM523: {
    severity: 'error',
    text: 'the firmware on {port} speaks "{protocol}", not "{expected}"',
    hint: 'flash the firmware of this version of quantmcu (--flash)',
  },
  QM524: {
    severity: 'error',
    text: 'the firmware on {port} holds {model} (build {build}), not {expectedModel} (build {expectedBuild})',
    hint: 'flash the firmware of this folder (--flash), or verify the folder that it was built from',
  },
  QM525: {
    severity: 'error',
    text: 'input {inference} failed {attempts} times on {port}, {done} were done: {reason}',
    hint: 'see the cable, reset the board, and run again: with --resume FILE what is done is not done again',
  },
  QM526: {
    severity: 'error',
    text: 'the flash command ended with exit code {exitCode}: {said}',
    hint: 'it was: {command}',
  },
  QM527: {
    severity: 'error',
    text: 'the run kept in this file cannot go on: {reason}',
    hint: 'name another file, or remove this one',
  },
  QM528: {
    severity: 'error',
    text: 'there is no serial harness for the board {board}',
    hint: 'boards of this target that have one: {known}; targets/README.md tells how to describe yours',
  },
  QM529: {
    severity: 'error',
    text: 'the serial harness loads whole inputs, and this model takes its input row by row',
    hint: 'compile without --push-rows and --pull-rows, or verify on QEMU',
  },
  QM530: {
    severity: 'error',
    text: 'the model calls CMSIS-NN, and nothing says where that is',
    hint: 'get github.com/ARM-software/CMSIS-NN and name its folder with --cmsis-nn or CMSIS_NN_DIR',
  },
  QM531: {
    severity: 'error',
    text: 'this is no copy of CMSIS-NN: it lacks {file}',
    hint: 'name the folder that holds Include and Source',
  },
  QM532: {
    severity: 'error',
    text: 'this copy of CMSIS-NN has a bug: {bug}',
    hint: 'take a later one than v7.0.0',
  },
  QM533: {
    severity: 'error',
    text: 'renode is not on the PATH; what it is to run is in {script}',
    hint: 'get Renode from https://github.com/renode/renode/releases (no package registry has it) and put its folder on the PATH; or run `renode-test {test}` where it is',
  },
  QM534: {
    severity: 'error',
    text: 'Renode does not run the firmware: {reason}',
    hint: 'run `renode --disable-gui --console {script}` and see what it says; the platforms are those of Renode 1.15 and later',
  },
  QM535: {
    severity: 'error',
    text: 'Renode has no model of the board {board}',
    hint: 'boards of this target that it has one of: {known}; targets/README.md tells how to describe yours',
  },
  QM536: {
    severity: 'error',
    text: 'the process of a point ended without a result: {reason}',
    hint: 'run the command again, which keeps what is done; with fewer --jobs where memory ran out',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
