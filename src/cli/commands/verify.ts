import { formatVerification } from '../../report/verify-report.ts';
import { verify } from '../../verify.ts';
import type { Command } from '../command.ts';
import { required } from '../required.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'build what `compile` wrote, run it, and compare it with the integer executor',
  positionals: ['dir'],
  flags: ['on', 'board', 'inputs', 'limit', 'perLayer'],
  run: async (values, feedback) => {
    const report = await verify(
      {
        dir: required(values, 'dir'),
        on: values.on ?? null,
        board: values.board ?? null,
        inputs: values.inputs ?? null,
        limit: values.limit ?? null,
        perLayer: values.perLayer ?? false,
      },
      feedback,
    );
    return { json: report, text: formatVerification(report), exitCode: report.bitExact ? 0 : 4 };
  },
};
