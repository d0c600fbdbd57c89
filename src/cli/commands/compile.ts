import { compile, compileDefaults } from '../../compile.ts';
import { formatCompilation } from '../../report/compile-report.ts';
import type { Command } from '../command.ts';
import { required } from '../required.ts';

export const compileCommand: Command = {
  name: 'compile',
  summary: 'turn a model into C',
  positionals: ['model'],
  flags: [
    'target',
    'board',
    'out',
    'name',
    'inputShape',
    'calibration',
    'mean',
    'std',
    'limit',
    'method',
    'phi',
    'outliers',
    'classify',
    'outlierShare',
    'lambda',
    'bits',
    'weightBits',
    'recipe',
    'requantize',
    'schedule',
    'optimize',
    'kernels',
    'split',
    'patches',
    'pushRows',
    'pullRows',
    'oneBlock',
    'rounding',
    'maxRam',
    'maxFlash',
    'maxMacs',
    'maxInstructions',
    'minBitopsReduction',
    'maxKl',
    'maxDrop',
    'labels',
    'labelOffset',
    'cache',
  ],
  run: async (values, feedback) => {
    const report = await compile(
      {
        ...compileDefaults,
        ...values,
        model: required(values, 'model'),
        target: required(values, 'target'),
        out: required(values, 'out'),
      },
      feedback,
    );
    return { json: report, text: formatCompilation(report), exitCode: 0 };
  },
};
