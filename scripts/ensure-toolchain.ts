import { formatDoctorReport } from '../src/device/doctor.ts';
import { installMissingTools } from '../src/device/install.ts';

/** Run ahead of the demo and the tests: gets the cross compiler and the emulator, or says how to. Never fails. */
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const report = await installMissingTools(say);
if (!report.ready) say(formatDoctorReport(report));
