import { evaluate } from '../../evaluate.ts';
import { formatEvaluation } from '../../report/evaluate-report.ts';
import type { Command } from '../command.ts';
import { required } from '../required.ts';

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'measure the accuracy of what `compile` wrote, or of a model file, against labels',
  positionals: ['model'],
  flags: ['data', 'labels', 'inputShape', 'mean', 'std', 'labelOffset', 'skipPositions', 'limit'],
  run: async (values, feedback) => {
    const report = await evaluate(
      {
        model: required(values, 'model'),
        data: required(values, 'data'),
        labels: values.labels ?? null,
        inputShape: values.inputShape ?? [],
        mean: values.mean ?? null,
        std: values.std ?? null,
        labelOffset: values.labelOffset ?? null,
        skipPositions: values.skipPositions ?? null,
        limit: values.limit ?? null,
      },
      feedback,
    );
    return { json: report, text: formatEvaluation(report), exitCode: 0 };
  },
};
