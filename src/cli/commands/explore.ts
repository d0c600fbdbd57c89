import { compileDefaults } from '../../compile.ts';
import { explore, type Exploration } from '../../explore.ts';
import { processorCount } from '../../host/environment.ts';
import { formatSweep, type SweepReport } from '../../report/sweep-report.ts';
import { NOT_BIT_EXACT } from '../../sweep/outcome.ts';
import type { Axes } from '../../sweep/points.ts';
import type { Command, CommandResult } from '../command.ts';
import type { FlagName, FlagValues } from '../flags.ts';
import { required } from '../required.ts';
import { compileCommand } from './compile.ts';

/** The flag that sweeps each option. */
const SWEEP_FLAGS = {
  method: 'sweepMethod',
  schedule: 'sweepSchedule',
  optimize: 'sweepOptimize',
  bits: 'sweepBits',
  weightBits: 'sweepWeightBits',
  minBitopsReduction: 'sweepMinBitopsReduction',
  maxKl: 'sweepMaxKl',
  maxRam: 'sweepMaxRam',
  maxFlash: 'sweepMaxFlash',
  maxInstructions: 'sweepMaxInstructions',
} as const satisfies { readonly [K in keyof Axes]: FlagName };

export const exploreCommand: Command = {
  name: 'explore',
  summary: 'compile a model in many ways and tell which of them no other beats',
  positionals: ['model'],
  flags: [
    ...Object.values(SWEEP_FLAGS),
    ...(['jobs', 'shard', 'merge', 'verify', 'data'] as const),
    ...compileCommand.flags,
  ],
  run: async (values, feedback) => {
    const out = required(values, 'out');
    const { labels = null, data = null, ...base } = values;
    const exploration = await explore(
      {
        base: {
          ...compileDefaults,
          ...base,
          model: required(values, 'model'),
          target: required(values, 'target'),
        },
        axes: axesOf(values),
        out,
        jobs: values.jobs ?? processorCount(),
        shard: values.shard ?? null,
        merge: values.merge ?? false,
        verify: values.verify ?? false,
        data,
        labels,
      },
      feedback,
    );
    return resultOf(exploration, out);
  },
};

function axesOf(values: FlagValues): Partial<Axes> {
  const given = Object.entries(SWEEP_FLAGS).flatMap(([option, flag]) =>
    values[flag] === undefined ? [] : [[option, values[flag]] as const],
  );
  return Object.fromEntries(given);
}

function resultOf(exploration: Exploration, out: string): CommandResult {
  if (exploration.kind === 'shard') {
    const { points, done, failed } = exploration;
    const text = `${points} points of this shard: ${done} done, ${failed} failed\n  written to ${out}\n`;
    return { json: exploration, text, exitCode: 0 };
  }
  const { report } = exploration;
  return { json: report, text: formatSweep(report, out), exitCode: exitCodeOf(report) };
}

/** That of a point whose C is wrong; else 0, unless every point failed. */
function exitCodeOf({ points }: SweepReport): number {
  const codes = points.map(({ exitCode }) => exitCode);
  if (codes.includes(NOT_BIT_EXACT)) return NOT_BIT_EXACT;
  return codes.includes(0) ? 0 : (codes[0] ?? 0);
}
