/** A point in time to measure from. */
export type Clock = bigint;

export function startClock(): Clock {
  return process.hrtime.bigint();
}

export function elapsedSeconds(since: Clock): number {
  return Number(process.hrtime.bigint() - since) / 1e9;
}

/** Processor time that this process has taken, in all its threads. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
