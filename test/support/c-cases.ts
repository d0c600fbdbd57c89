import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fieldLines, numberLines, type Names } from '../../src/emit/c-text.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { lowerModel, portableKernels } from '../../src/lower/lower.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import type { LayerCase } from './random-layer.ts';

/** The kernels that a case is compiled with. */
export type KernelsOf = (model: QuantModel) => readonly LayerKernel[];

export const RUNTIME = path.resolve(import.meta.dirname, '../../templates/runtime');

const FLAGS = [
  '-std=c99',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Wconversion',
  '-Wshadow',
  '-pedantic',
  '-Werror',
];
const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** A library that kernels below RUNTIME/cmsis_nn call. */
export interface CaseLibrary {
  readonly includeDir: string;
  readonly sources: readonly string[];
}

const CALLS = path.join(RUNTIME, 'cmsis_nn');
const namesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder).filter((file) => file.endsWith(ending));

/** What the compiler is given for kernels that call a library: their sources, and checks that end the program. */
export function libraryArguments(library: CaseLibrary | null): readonly string[] {
  if (library === null) return [];
  const calls = namesIn(CALLS, '.c').map((file) => path.join(CALLS, file));
  const checks = ['-DQMCU_CMSIS_NN_CHECKS', '-DQMCU_CMSIS_NN_REFUSED()=__builtin_trap()'];
  return ['-std=c11', '-w', `-I${library.includeDir}`, ...checks, ...calls, ...library.sources];
}

/**
 * Runs the kernel of each case in C, compiled for this computer under the address and undefined-behaviour sanitizers, on an
 * arena of its exact bytes, and returns the arenas as the kernels leave them.
 */
export function runInC(
  cases: readonly LayerCase[],
  kernelsOf: KernelsOf = portableKernels,
  library: CaseLibrary | null = null,
): readonly Uint8Array[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-kernels-'));
  try {
    writeFileSync(path.join(folder, 'cases.c'), casesSource(cases, kernelsOf, library));
    const sources = namesIn(RUNTIME, '.c');
    const binary = path.join(folder, 'cases');
    execFileSync('gcc', [
      ...[...FLAGS, ...SANITIZE, `-I${RUNTIME}`, '-o', binary, path.join(folder, 'cases.c')],
      ...(library === null ? sources.map((file) => path.join(RUNTIME, file)) : libraryArguments(library)),
    ]);
    const output = execFileSync(binary, {
      input: Buffer.concat(cases.map(({ arena }) => arena)),
      maxBuffer: 2 ** 28,
    });
    return splitArenas(cases, output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The arenas as the program of `casesSource` writes them, one after the other. */
export function splitArenas(cases: readonly LayerCase[], output: Buffer): readonly Uint8Array[] {
  let end = 0;
  return cases.map(({ arena }) => new Uint8Array(output.subarray(end, (end += arena.length))));
}

/** A program that reads the arenas of the cases, runs their kernels and writes the arenas. */
export function casesSource(
  cases: readonly LayerCase[],
  kernelsOf: KernelsOf,
  library: CaseLibrary | null,
): string {
  const headers = namesIn(RUNTIME, '.h');
  const calls = library === null ? [] : namesIn(CALLS, '.h').map((file) => `cmsis_nn/${file}`);
  return [
    ...[...headers, ...calls].map((file) => `#include "${file}"`),
    '#include <stdio.h>',
    '#include <stdlib.h>',
    ...cases.map((one, index) => caseSource(one, index, kernelsOf)),
    `static const size_t arena_bytes[] = {${cases.map(({ arena }) => arena.length).join(', ')}};`,
    'static void run(size_t number, const qmcu_arena *arena)\n{\n    switch (number) {',
    ...cases.map((_, index) => `    case ${index}: run_${index}(arena); break;`),
    '    default: abort();\n    }\n}',
    'int main(void)\n{',
    `    for (size_t number = 0; number < ${cases.length}; number++) {`,
    '        uint8_t *arena = malloc(arena_bytes[number]);',
    '        if (fread(arena, 1, arena_bytes[number], stdin) != arena_bytes[number]) abort();',
    '        const qmcu_arena blocks = {{arena, NULL}};',
    '        run(number, &blocks);',
    '        fwrite(arena, 1, arena_bytes[number], stdout);',
    '        free(arena);',
    '    }\n    return 0;\n}\n',
  ].join('\n');
}

function caseSource({ model, memory, rect }: LayerCase, index: number, kernelsOf: KernelsOf): string {
  const { schedule } = planWholeTensors(model);
  const { layers, constants, maps } = lowerModel('test', model, schedule, memory, kernelsOf(model));
  const { kernel, fields } = layers[0]!;
  const prefix = `case_${index}`;
  const names: Names = { prefix, memory, shapeOf: (map) => maps[map]!.shape };
  const { rows, columns, inputColumn, outputColumn } = rect;
  const places = [rows.from, rows.to, columns.from, columns.to].join(', ');
  return [
    ...constants.map(
      ({ name, type, data }) =>
        `static const ${type} ${prefix}_${name}[] __attribute__((aligned(4))) = {\n${numberLines(data)}\n};`,
    ),
    `static const ${kernel.function}_layer layer_${index} = {\n${fieldLines(fields, names)}\n};`,
    `static void run_${index}(const qmcu_arena *arena)\n{`,
    `    const qmcu_rect rect = {${places}, {${inputColumn.join(', ')}}, ${outputColumn}};`,
    `    ${kernel.function}(&layer_${index}, arena, &rect);\n}`,
  ].join('\n');
}
