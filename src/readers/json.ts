import type { z } from 'zod';
import { fail } from '../diagnostics/diagnostic.ts';

/** JSON from a model file. Stops with QM104. */
export function parseJson(text: string, file: string, path?: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The error quotes the file, whatever that may hold.
    if (!(error instanceof SyntaxError)) throw error;
    return fail('QM104', path === undefined ? { file } : { file, path }, { reason: 'it is not JSON' });
  }
}

/** `value` as `schema` says. Stops with QM104, which names what is wrong first. */
export function parseWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  file: string,
  path: string,
): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return fail('QM104', { file, path }, { reason: `${at}${issue?.message ?? 'not as expected'}` });
}
