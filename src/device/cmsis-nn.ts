import { createHash } from 'node:crypto';
import path from 'node:path';
import { DiagnosticCollector, fail } from '../diagnostics/diagnostic.ts';
import { environmentVariable, processorCount } from '../host/environment.ts';
import { kindOfPath, listFilesBelow, makeFolderOnce, readText } from '../host/files.ts';
import { runProcess } from '../host/processes.ts';
import type { Target } from '../ir/target.ts';
import { forEachAtOnce } from './concurrency.ts';
import type { InstalledTool } from './tools.ts';

/** A copy of CMSIS-NN that the user has. */
export interface CmsisNn {
  readonly dir: string;
  readonly includeDir: string;
}

const FUNCTIONS = 'Include/arm_nnfunctions.h';
const SUPPORT = 'Include/arm_nnsupportfunctions.h';

/**
 * The copy in a folder, or in that of the environment variable CMSIS_NN_DIR. Fails with QM530 where neither is given, with QM531
 * where it is no CMSIS-NN, with QM532 where it is one with a known bug.
 */
export async function openCmsisNn(given: string | null): Promise<CmsisNn> {
  const dir = given ?? environmentVariable('CMSIS_NN_DIR');
  if (dir === null) return fail('QM530');
  if ((await kindOfPath(path.join(dir, FUNCTIONS))) !== 'file')
    fail('QM531', { file: dir }, { file: FUNCTIONS });
  // The fix of #200 gave the tests for a 1×1 kernel names, so that the sizes and the calls ask the same.
  const support = await readText(path.join(dir, SUPPORT));
  if (!support.includes('arm_nn_is_convolve_1x1')) {
    const bug =
      'arm_convolve_wrapper_s8_get_buffer_size asks for less scratch than the call needs (CMSIS-NN #200)';
    fail('QM532', { file: dir }, { bug });
  }
  return { dir: path.resolve(dir), includeDir: path.resolve(dir, 'Include') };
}

/** What CMSIS-NN's own build compiles with. */
const FLAGS = ['-std=c11', '-Ofast', '-fomit-frame-pointer', '-ffunction-sections', '-fdata-sections', '-w'];

/** Object files of the library for a target, compiled once and kept. */
export async function compileCmsisNn(
  { dir, includeDir }: CmsisNn,
  target: Target,
  compiler: InstalledTool,
  cacheDir: string,
): Promise<readonly string[]> {
  const all = await listFilesBelow(path.join(dir, 'Source'));
  const sources = all.filter((file) =>
    /_(s8|s4|s16)\w*\.c$|^(NNSupport|Softmax|FullyConn)\w+\/\w+\.c$/.test(file),
  );
  const wanted = sources.filter((file) => !/_(f16|f32|flt)\b|_f(16|32)/.test(file));
  const hash = createHash('sha256').update(JSON.stringify([target.compiler, compiler, FLAGS]));
  for (const file of await listFilesBelow(includeDir))
    hash.update(await readText(path.join(includeDir, file)));
  for (const file of wanted) hash.update(await readText(path.join(dir, 'Source', file)));
  const folder = path.join(cacheDir, `cmsis-nn-${target.id}-${hash.digest('hex').slice(0, 16)}`);
  const objectOf = (file: string): string => `${path.basename(file, '.c')}.o`;
  await makeFolderOnce(folder, async (fresh) => {
    const found = new DiagnosticCollector();
    await forEachAtOnce(wanted, processorCount(), async (file) => {
      const source = path.join(dir, 'Source', file);
      const flags = [...target.compiler.flags, ...FLAGS, `-I${includeDir}`];
      const result = await runProcess(compiler.path, [...flags, '-c', source, '-o', objectOf(file)], {
        cwd: fresh,
      });
      if (result.exitCode === 0) return;
      found.add(
        'QM506',
        { file: source },
        { compiler: compiler.command, reason: result.stderr.split('\n')[0]! },
      );
    });
    found.stopOnErrors();
  });
  return wanted.map((file) => path.join(folder, objectOf(file)));
}
