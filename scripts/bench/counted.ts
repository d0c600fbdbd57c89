import path from 'node:path';
import { compile } from '../../src/compile.ts';
import { examineTools } from '../../src/device/doctor.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { verify } from '../../src/verify.ts';
import { readExample } from '../example/run-file.ts';
import { climbLadder } from './ladder.ts';
import { compileOptions, exampleSubject } from './subjects.ts';

/** The file that a test holds new counts against. */
export const BASELINE = packagePath('test', 'golden', 'instructions.json');
export const COUNTED_TARGETS = ['cortex-m4', 'cortex-m55'] as const;

/** Instructions by what was counted, and the compiler that made them. */
export interface Baseline {
  readonly compiler: string;
  readonly instructions: Readonly<Record<string, number>>;
}

/** Counts a few kernels and a small network on one target: the same every time with one compiler. */
export async function countInstructions(target: string): Promise<Readonly<Record<string, number>>> {
  const rungs = await climbLadder(target, { weights: 8, maps: 8 });
  const layers = rungs.map(({ layer, instructions }) => [`${target}: ${layer}`, instructions] as const);
  return Object.fromEntries([...layers, [`${target}: examples/shapes`, await countExample(target)]]);
}

async function countExample(target: string): Promise<number> {
  const subject = exampleSubject(await readExample(packagePath('examples', 'shapes')));
  return withTemporaryFolder(async (scratch) => {
    const dir = path.join(scratch, 'model');
    await compile(compileOptions(subject, target, dir), noFeedback);
    const request = { dir, on: null, board: 'emulator', inputs: subject.inputs, limit: 1, perLayer: false };
    return (await verify(request, noFeedback)).instructions!.perInference;
  });
}

/** The version of the Arm compiler; null where there is none. */
export async function compilerVersion(): Promise<string | null> {
  const { tools } = await examineTools();
  return tools.find(({ found }) => found?.command === 'arm-none-eabi-gcc')?.found?.version ?? null;
}
