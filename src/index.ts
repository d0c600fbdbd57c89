/**
 * The public API: what the commands of the same names do, with options as values. Problems of the user throw a DiagnosticError;
 * `feedback` takes progress and warnings (`noFeedback`: nobody does).
 */
export { compile, compileDefaults, type CompileOptions } from './compile.ts';
export type { CompileReport } from './report/compile-report.ts';
export { verify, type VerifyOptions } from './verify.ts';
export type { VerifyReport } from './report/verify-report.ts';
export { evaluate, type EvaluateOptions } from './evaluate.ts';
export type { EvaluateReport } from './report/evaluate-report.ts';
export { explore, type Exploration, type ExploreOptions } from './explore.ts';
export { DiagnosticError, type Diagnostic } from './diagnostics/diagnostic.ts';
export { noFeedback, type Feedback } from './host/feedback.ts';
