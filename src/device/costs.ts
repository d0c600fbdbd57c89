import { z } from 'zod';
import { DiagnosticError, diagnostic, fail } from '../diagnostics/diagnostic.ts';
import type { TargetCosts } from '../ir/kernel-cost.ts';

const instructions = z.number().nonnegative();

/** `targets/<id>/costs.json`, which `npm run bench:costs` writes. */
const costsFile = z.strictObject({
  step: instructions,
  kernels: z.record(
    z.string(),
    z.strictObject({
      call: instructions,
      row: instructions,
      pixel: instructions,
      output: instructions,
      mac: instructions,
      input: instructions,
      weight: instructions,
      channel: instructions.default(0),
    }),
  ),
});

/** Reads the text of a costs.json. Fails with QM503, one for every field that is wrong; `file` is for the messages. */
export function parseCosts(text: string, file: string): TargetCosts {
  const parsed = costsFile.safeParse(parseJson(text, file));
  if (!parsed.success) {
    throw new DiagnosticError(
      parsed.error.issues.map((issue) =>
        diagnostic('QM503', { file, path: issue.path.join('.') }, { reason: issue.message }),
      ),
    );
  }
  return { step: parsed.data.step, kernels: new Map(Object.entries(parsed.data.kernels)) };
}

/** Any JSON value. Fails with QM503 where the text is none. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail('QM503', { file }, { reason: (error as Error).message });
  }
}
