/** Marks a place that the type checker proves unreachable; reaching it is a bug of ours. */
export function never(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** An invariant of ours. Its failure is a bug in quantmcu, never a user's mistake. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message}`);
}
