import { examineTools, formatDoctorReport } from '../../device/doctor.ts';
import type { Command } from '../command.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'say which external tools are found, and what to do about the others',
  positionals: [],
  flags: [],
  run: async () => {
    const report = await examineTools();
    return { json: report, text: formatDoctorReport(report), exitCode: 0 };
  },
};
