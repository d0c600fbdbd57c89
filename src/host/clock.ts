/** A point in time to measure from. */
export type Clock = bigint;

export function startClock(): Clock {
  return process.hrtime.bigint();
}

export function elapsedSeconds(since: Clock): number {
  return Number(process.hrtime.bigint() - since) / 1e9;
}
