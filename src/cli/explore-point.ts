/** The program that a sweep starts for each point: a job on stdin, its outcome on stdout, both as JSON. */
import { text } from 'node:stream/consumers';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { explorePoint, type PointJob } from '../explore-point.ts';
import { noFeedback } from '../host/feedback.ts';
import { failedOutcome, type PointOutcome } from '../sweep/outcome.ts';
import { exitCodeOf } from './exit-code.ts';

const job = JSON.parse(await text(process.stdin)) as PointJob;
process.stdout.write(JSON.stringify(await outcomeOf(job)));

async function outcomeOf(given: PointJob): Promise<PointOutcome> {
  try {
    return await explorePoint(given, noFeedback);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return failedOutcome(exitCodeOf(error.diagnostics), error.diagnostics);
  }
}
