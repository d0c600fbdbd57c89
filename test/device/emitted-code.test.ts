import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { emit, inFolderOf, sourcesOf } from '../support/emitted.ts';
import { randomModel } from '../support/random-models.ts';
import { kwsShapes, resnet8Shapes, vwwShapes } from '../support/shape-models.ts';
import { describeOnHost } from '../support/tools.ts';

const WARNINGS = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Werror'];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const COMMANDS = ['gcc', 'clang', 'g++', 'cmake'] as const;
type Command = (typeof COMMANDS)[number];

const missing = new Set<Command>();
for (const command of COMMANDS) {
  const { failed } = await execa(command, ['--version'], { reject: false });
  if (failed) missing.add(command);
}
if (missing.size > 0)
  process.stderr.write(`\n*** NOT TESTED with emitted code: ${[...missing].join(', ')}\n\n`);

/** A test that is skipped where a command is missing. */
const itWith = (command: Command) => it.skipIf(missing.has(command));

/** Reads the inputs from stdin, one after the other, and writes the output to stdout. */
function mainProgram(model: QuantModel): string {
  const several = model.inputs.length > 1;
  const reads = model.inputs.map((_, i) => {
    const suffix = several ? `_${i}` : '';
    return `    if (fread(random_input${suffix}(&context), 1, RANDOM_INPUT${suffix.toUpperCase()}_BYTES, stdin) == 0) return 1;`;
  });
  return `#include <stdio.h>
#include "random_model.h"
static _Alignas(RANDOM_ARENA_ALIGNMENT) uint8_t arena[RANDOM_ARENA_BYTES];
int main(void) {
    random_context context;
    random_init(&context, arena);
${reads.join('\n')}
    if (random_run(&context) != 0) return 2;
    return fwrite(random_output(&context), RANDOM_OUTPUT_BYTES, 1, stdout) == 1 ? 0 : 3;
}
`;
}

function randomInputs(model: QuantModel): Uint8Array[] {
  const random = mulberry32(9);
  return model.inputs.map(({ map }) =>
    Uint8Array.from({ length: elementCount(mapOf(model, map).shape) }, () => Math.floor(256 * random())),
  );
}

describeOnHost('emitted code', () => {
  const models = { resnet8: resnet8Shapes(), vww: vwwShapes(), kws: kwsShapes() };

  describe.each(['gcc', 'clang'] as const)('%s', (compiler) => {
    itWith(compiler).each(['resnet8', 'vww', 'kws'] as const)(
      'compiles %s without a warning',
      async (name) => {
        const { files } = emit(models[name]);
        await inFolderOf(files, async (cwd) => {
          const flags = ['-std=c99', '-O1', ...WARNINGS, '-I.', '-fsyntax-only'];
          await execa(compiler, [...flags, ...sourcesOf(files)], { cwd });
          const sections = [
            '-DQMCU_WEIGHTS_SECTION=__attribute__((section(".weights")))',
            '-DQMCU_HOOK_HEADER="hooks.h"',
          ];
          await writeFile(path.join(cwd, 'hooks.h'), '#define QMCU_LAYER_BEGIN(layer) (void)(layer)\n');
          await execa(compiler, [...flags, ...sections, ...sourcesOf(files)], { cwd });
        });
      },
    );
  });

  itWith('g++')('can be included from C++', async () => {
    await inFolderOf(emit(models.kws).files, async (cwd) => {
      await writeFile(
        path.join(cwd, 'main.cc'),
        '#include "kws_model.h"\nstatic_assert(KWS_INPUT_BYTES == 490, "");\n',
      );
      await execa('g++', ['-std=c++11', ...WARNINGS, '-fsyntax-only', 'main.cc'], { cwd });
    });
  });

  itWith('cmake')('is a CMake library that another project can add', async () => {
    await inFolderOf(emit(models.kws).files, async (cwd) => {
      const lists =
        'cmake_minimum_required(VERSION 3.13)\nproject(user C)\nadd_subdirectory(.. kws)\nadd_executable(user main.c)\ntarget_link_libraries(user kws_model)\n';
      const main = '#include "kws_model.h"\nint main(void) { return KWS_LAYERS == 0; }\n';
      await execa('mkdir', ['user'], { cwd });
      await writeFile(path.join(cwd, 'user', 'CMakeLists.txt'), lists);
      await writeFile(path.join(cwd, 'user', 'main.c'), main);
      await execa('cmake', ['-S', 'user', '-B', 'build'], { cwd });
      await execa('cmake', ['--build', 'build'], { cwd });
    });
  });

  itWith('gcc')(
    'computes what the integer executor computes with every map in memory of its own',
    async () => {
      await fc.assert(
        fc.asyncProperty(randomModel, async (model) => {
          const inputs = randomInputs(model);
          const { schedule, memory } = planWholeTensors(model);
          const expected = prepareInteger(model, schedule, memory)(inputs);
          const { files, schedule: overlapped, plan } = emit(model);
          expect(prepareInteger(model, overlapped, plan)(inputs)).toEqual(expected);
          await inFolderOf(files, async (cwd) => {
            await writeFile(path.join(cwd, 'main.c'), mainProgram(model));
            const flags = ['-std=c11', '-O1', ...SANITIZERS, '-I.', '-o', 'program'];
            await execa('gcc', [...flags, 'main.c', ...sourcesOf(files)], { cwd });
            const run = await execa('./program', { cwd, input: Buffer.concat(inputs), encoding: 'buffer' });
            expect(new Uint8Array(run.stdout)).toEqual(expected[0]);
          });
        }),
        { numRuns: 12 },
      );
    },
  );

  it('computes the same with overlap as without, on many networks', () => {
    fc.assert(
      fc.property(randomModel, (model) => {
        const inputs = randomInputs(model);
        const { schedule, memory } = planWholeTensors(model);
        const { schedule: overlapped, plan } = emit(model);
        const expected = prepareInteger(model, schedule, memory)(inputs);
        expect(prepareInteger(model, overlapped, plan)(inputs)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});
