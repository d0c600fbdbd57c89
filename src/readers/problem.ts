import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/** Something in a model that keeps it from becoming a graph. */
export interface Problem {
  /** Name of the node (or of the input or output) that it concerns. */
  readonly node: string;
  readonly op: string;
  readonly diagnostic: Diagnostic;
}
