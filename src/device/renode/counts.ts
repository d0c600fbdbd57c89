const MARK = /quantmcu (begins|ends) (\d+)/g;

/**
 * Executed instructions of each run, from what the hooks of the emitted script log: the counts of the processor where a run begins and
 * ends. The first pair stands around nothing and is what a reading costs. A beginning without an end, which a reset leaves, does
 * not count.
 */
export function parseCounts(log: string): readonly number[] {
  const spans: number[] = [];
  let begun: number | null = null;
  for (const [, what, count] of log.matchAll(MARK)) {
    if (what === 'begins') begun = Number(count);
    else if (begun !== null) {
      spans.push(Number(count) - begun);
      begun = null;
    }
  }
  const [empty, ...runs] = spans;
  return empty === undefined ? [] : runs.map((span) => span - empty);
}
