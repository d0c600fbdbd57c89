import type { VerifyReport } from '../../report/verify-report.ts';
import { formatVerification } from '../../report/verify-report.ts';
import type { Feedback } from '../../host/feedback.ts';
import { verify } from '../../verify.ts';
import { verifyOnRenode } from '../../verify-renode.ts';
import { verifyOverSerial } from '../../verify-serial.ts';
import type { Command } from '../command.ts';
import type { FlagValues } from '../flags.ts';
import { required } from '../required.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'build what `compile` wrote, run it, and compare it with the integer executor',
  positionals: ['dir'],
  flags: ['on', 'board', 'inputs', 'limit', 'perLayer', 'flash', 'resume', 'cmsisNn', 'report', 'classifier'],
  run: async (values, feedback) => {
    const report = await verifyWhere(values, feedback);
    return { json: report, text: formatVerification(report), exitCode: report.bitExact ? 0 : 4 };
  },
};

function verifyWhere(values: FlagValues, feedback: Feedback): Promise<VerifyReport> {
  const { on = null } = values;
  const common = {
    dir: required(values, 'dir'),
    board: values.board ?? null,
    inputs: values.inputs ?? null,
    limit: values.limit ?? null,
    cmsisNn: values.cmsisNn ?? null,
  };
  if (typeof on === 'object' && on !== null) {
    const { flash = null, resume = null } = values;
    return verifyOverSerial({ ...common, ...on, flash, resume }, feedback);
  }
  if (on === 'renode') return verifyOnRenode(common, feedback);
  return verify(
    {
      ...common,
      on,
      perLayer: values.perLayer ?? false,
      report: values.report ?? null,
      classifier: values.classifier ?? false,
    },
    feedback,
  );
}
