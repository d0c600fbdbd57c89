import { DiagnosticError, type Diagnostic } from '../diagnostics/diagnostic.ts';

/** Something in a model that keeps it from becoming a graph. */
export interface Problem {
  /** Name of the node (or of the input or output) that it concerns. */
  readonly node: string;
  readonly op: string;
  readonly diagnostic: Diagnostic;
}

/** What `run` stops with, but for a damaged file, which stops everything; empty where it gets through. */
export function stopsOf(run: () => void): readonly Diagnostic[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    if (error.diagnostics.some(({ code }) => code.startsWith('QM1'))) throw error;
    return error.diagnostics;
  }
}
