import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/** The exit code that a failed stage stands for, by the codes of its errors. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  const errors = diagnostics.filter((d) => d.severity === 'error').map((d) => d.code);
  if (errors.some((code) => code.startsWith('QM7'))) return 2;
  if (errors.some((code) => code.startsWith('QM4') || code === 'QM508')) return 3;
  return 1;
}
