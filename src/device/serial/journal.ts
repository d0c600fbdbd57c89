import { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import { appendText, kindOfPath, readText } from '../../host/files.ts';
import type { SerialInference } from './device.ts';

const head = z.strictObject({ build: z.string(), inputs: z.string() });
const entry = z.strictObject({
  inference: z.int().nonnegative(),
  output: z.string().regex(/^([0-9a-f]{2})*$/),
  ticks: z.int().nonnegative(),
  stackBytes: z.int().nonnegative(),
});

/** The inferences of a run that are done, kept so that a run that broke off can go on. */
export interface Journal {
  readonly done: ReadonlyMap<number, SerialInference>;
  readonly add: (inference: number, result: SerialInference) => Promise<void>;
}

/** Keeps nothing. */
export const noJournal: Journal = { done: new Map(), add: () => Promise.resolve() };

/**
 * Opens or begins a file with a line of JSON an inference. `build` and `inputs` identify the run: fails with QM527 where the file
 * is of another, or no journal. A last line that is not whole, since the run broke off in it, does not count.
 */
export async function openJournal(file: string, build: string, inputs: string): Promise<Journal> {
  const done = new Map<number, SerialInference>();
  if ((await kindOfPath(file)) === 'nothing') {
    await appendText(file, `${JSON.stringify({ build, inputs })}\n`);
  } else {
    const [first = '', ...lines] = (await readText(file)).split('\n');
    const begun = head.safeParse(parsed(first));
    if (!begun.success) fail('QM527', { file }, { reason: 'it is no journal of quantmcu' });
    else if (begun.data.build !== build) fail('QM527', { file }, { reason: 'it is of another model' });
    else if (begun.data.inputs !== inputs) fail('QM527', { file }, { reason: 'it is of other inputs' });
    for (const line of lines) {
      const found = entry.safeParse(parsed(line));
      if (!found.success) continue;
      const { inference, output, ticks, stackBytes } = found.data;
      done.set(inference, { output: Uint8Array.from(Buffer.from(output, 'hex')), ticks, stackBytes });
    }
  }
  return {
    done,
    add: (inference, { output, ticks, stackBytes }) =>
      appendText(
        file,
        `${JSON.stringify({ inference, output: Buffer.from(output).toString('hex'), ticks, stackBytes })}\n`,
      ),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
