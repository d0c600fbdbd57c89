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

/** Less than this is over soon enough. */
const WORTH_TELLING_SECONDS = 5;

/** How long what is left will take at the pace so far; 0 where there is none yet. */
export function secondsLeft(seconds: number, done: number, left: number): number {
  return done <= 0 ? 0 : (seconds * left) / done;
}

/** Feedback as lines written by `write`; progress from the second on that a run has taken longer than one second. */
export function feedbackLines(write: (line: string) => void): Feedback {
  const start = startClock();
  let shown = '';
  let shownAt = -Infinity;
  let current = '';
  let first = { at: 0, done: 0 };
  return {
    progress: (activity, done, total) => {
      const now = elapsedSeconds(start);
      if (activity !== current) {
        current = activity;
        first = { at: now, done: done ?? 0 };
      }
      if (now < PATIENCE_SECONDS || (activity === shown && now - shownAt < INTERVAL_SECONDS)) return;
      shown = activity;
      shownAt = now;
      const share = done === undefined || total === undefined ? '' : ` ${done}/${total}`;
      const rest = secondsLeft(now - first.at, (done ?? 0) - first.done, (total ?? 0) - (done ?? 0));
      const left = rest < WORTH_TELLING_SECONDS ? '' : `, ${rest.toFixed(0)} s left`;
      write(`[${now.toFixed(1)} s] ${activity}${share}${left}\n`);
    },
    warn: (found) => {
      write(`${formatDiagnostic(found)}\n`);
    },
  };
}
