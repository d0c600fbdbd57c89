import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { formatDiagnostic } from '../diagnostics/format.ts';
import { elapsedSeconds, startClock } from './clock.ts';

/** What a pipeline tells while it runs. */
export interface Feedback {
  /** What it is doing; `done` of `total` where that can be counted. */
  readonly progress: (activity: string, done?: number, total?: number) => void;
  /** A warning or notice: something that the user should know and that stops nothing. */
  readonly warn: (found: Diagnostic) => void;
}

/** Hears nothing. */
export const noFeedback: Feedback = { progress: () => undefined, warn: () => undefined };

/** Seconds of silence before progress is shown: what is over by then needs none. */
const PATIENCE_SECONDS = 1;
/** Seconds between two lines of one activity. */
const INTERVAL_SECONDS = 2;

/** Feedback as lines written by `write`; progress from the second on that a run has taken longer than one second. */
export function feedbackLines(write: (line: string) => void): Feedback {
  const start = startClock();
  let shown = '';
  let shownAt = -Infinity;
  return {
    progress: (activity, done, total) => {
      const now = elapsedSeconds(start);
      if (now < PATIENCE_SECONDS || (activity === shown && now - shownAt < INTERVAL_SECONDS)) return;
      shown = activity;
      shownAt = now;
      const share = done === undefined || total === undefined ? '' : ` ${done}/${total}`;
      write(`[${now.toFixed(1)} s] ${activity}${share}\n`);
    },
    warn: (found) => {
      write(`${formatDiagnostic(found)}\n`);
    },
  };
}
