import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  casesSource,
  libraryArguments,
  RUNTIME,
  splitArenas,
  type CaseLibrary,
  type KernelsOf,
} from './c-cases.ts';
import type { LayerCase } from './random-layer.ts';

const FLAGS = ['-mthumb', '-O2', '-std=c99', '--specs=rdimon.specs', '-nostartfiles'];

interface EmulatedBoard {
  readonly machine: string;
  readonly flags: readonly string[];
  /** Where vectors, code and data live, as MEMORY of a linker script. */
  readonly memories: string;
}

export const BOARDS = {
  'cortex-m4': {
    machine: 'mps2-an386',
    flags: ['-mcpu=cortex-m4'],
    memories: `
  boot (rx) : ORIGIN = 0, LENGTH = 1K
  flash (rx) : ORIGIN = 1K, LENGTH = 4M - 1K
  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 4M`,
  },
  'cortex-m55': {
    machine: 'mps3-an547',
    flags: ['-mcpu=cortex-m55', '-mfloat-abi=hard'],
    memories: `
  boot (rx) : ORIGIN = 0, LENGTH = 1K
  flash (rx) : ORIGIN = 0x28000000, LENGTH = 8M
  ram (rwx) : ORIGIN = 0x21000000, LENGTH = 4M`,
  },
} as const satisfies Record<string, EmulatedBoard>;

/** Vectors, coprocessors and streams: all that stands between the reset and main(). */
const START = `
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
extern uint32_t stack_top;
extern void initialise_monitor_handles(void);
extern int cases_main(void);
static void fail(void) { exit(99); }
static void start(void)
{
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: floating point and vectors */
    __asm__ volatile("dsb\\nisb");
#endif
    initialise_monitor_handles();
    freopen("arenas.in", "rb", stdin);
    freopen("arenas.out", "wb", stdout);
    exit(cases_main());
}
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &stack_top, start, fail, fail, fail, fail, fail,
};
void _init(void) {}
void _fini(void) {}
`;
const linkerScript = ({ memories }: EmulatedBoard): string => `
MEMORY {${memories}
}
SECTIONS {
  .boot : { KEEP(*(.vectors)) } > boot
  .text : { *(.text*) *(.rodata*) *(.ARM.ex*) } > flash
  .data : { *(.data*) } > ram
  .bss : { *(.bss*) *(COMMON) . = ALIGN(8); end = .; } > ram
  stack_top = ORIGIN(ram) + LENGTH(ram);
}
`;

/** As runInC, on an emulated processor: there the kernels made for it use its own instructions. */
export function runOnQemu(
  cases: readonly LayerCase[],
  kernelsOf: KernelsOf,
  cpu: keyof typeof BOARDS,
  library: CaseLibrary | null = null,
): readonly Uint8Array[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-kernels-'));
  try {
    const file = path.join(folder, 'cases.c');
    writeFileSync(file, casesSource(cases, kernelsOf, library));
    const sources = readdirSync(RUNTIME).filter((name) => name.endsWith('.c'));
    const output = runProgramOnQemu(folder, cpu, Buffer.concat(cases.map(({ arena }) => arena)), [
      `-I${RUNTIME}`,
      file,
      ...(library === null ? sources.map((name) => path.join(RUNTIME, name)) : libraryArguments(library)),
    ]);
    return splitArenas(cases, output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a program that the compiler makes of `given` writes to its standard output, given an input; in a folder for what that takes. */
export function runProgramOnQemu(
  folder: string,
  cpu: keyof typeof BOARDS,
  input: Uint8Array,
  given: readonly string[],
  emulator: readonly string[] = [],
): Buffer {
  const board = BOARDS[cpu];
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(file('start.c'), START);
  writeFileSync(file('board.ld'), linkerScript(board));
  writeFileSync(file('arenas.in'), input);
  const own = ['-Dmain=cases_main', '-T', file('board.ld'), '-o', file('cases.elf'), file('start.c')];
  execFileSync('arm-none-eabi-gcc', [...board.flags, ...FLAGS, ...own, ...given]);
  const machine = ['-M', board.machine, '-nographic', '-monitor', 'none', '-serial', 'none', ...emulator];
  const semihosting = ['-semihosting-config', 'enable=on,target=native'];
  execFileSync('qemu-system-arm', [...machine, ...semihosting, '-kernel', file('cases.elf')], {
    cwd: folder,
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return readFileSync(file('arenas.out'));
}
