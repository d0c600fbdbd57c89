import type { Accuracy } from './accuracy.ts';

/** What `evaluate --json` prints. */
export interface EvaluateReport extends Accuracy {
  readonly seconds: number;
}

/** The report as people read it on a terminal. */
export function formatEvaluation(report: EvaluateReport): string {
  const { n, top1, drop, dropStdErr, agreement, kl, seconds } = report;
  const percent = (value: number | null): string => (value === null ? '-' : `${value.toFixed(2)} %`);
  const lines = [
    `${n} inputs in ${seconds.toFixed(1)} s`,
    `  top-1      float ${percent(top1.float)}, quantized ${percent(top1.quantized)}`,
  ];
  if (drop !== null && dropStdErr !== null)
    lines.push(`  drop       ${drop.toFixed(2)} points (paired standard error ${dropStdErr.toFixed(2)})`);
  if (agreement !== null) lines.push(`  agreement  ${percent(100 * agreement)}`);
  if (kl !== null) lines.push(`  KL         ${kl.toFixed(5)} nats`);
  return `${lines.join('\n')}\n`;
}
