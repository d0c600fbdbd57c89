/** The most stack that a program can take below some of its functions. */
export interface WorstCase {
  /** Null where there is no bound. */
  readonly bytes: number | null;
  /** The calls that take it, outermost first, each with what it has on the stack when it makes the next. */
  readonly path: readonly { readonly function: string; readonly bytes: number }[];
  /** Why there is no bound; empty where there is one. */
  readonly unbounded: readonly string[];
  /** Calls through pointers, each taken for the deepest of the functions that it may reach. */
  readonly resolvedCalls: number;
}
