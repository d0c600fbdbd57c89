/**
 * The main job on the bundled example: compile, run on the emulated Cortex-M4 (on this computer where the tools for that
 * cannot be had), compare with the integer executor, and measure accuracy against the float model.
 */
import path from 'node:path';
import { formatDoctorReport } from '../src/device/doctor.ts';
import { installMissingTools } from '../src/device/install.ts';
import { packagePath } from '../src/host/package-root.ts';
import { runCommandLine } from '../src/cli/run.ts';
import { readExample } from './example/run-file.ts';

const streams = {
  out: (text: string) => process.stdout.write(text),
  err: (text: string) => process.stderr.write(text),
};
const { model, target, calibration, data, labels, mean, std } = await readExample(
  packagePath('examples', 'shapes'),
);
const out = path.relative(process.cwd(), packagePath('out', 'shapes'));

async function step(title: string, args: readonly string[]): Promise<void> {
  streams.out(`\n== ${title}\n$ quantmcu ${args.join(' ')}\n\n`);
  const exitCode = await runCommandLine(args, streams);
  if (exitCode !== 0) process.exit(exitCode);
}

const tools = await installMissingTools((line) => streams.err(`${line}\n`));
const emulated = tools.tools.filter(({ problem }) => problem !== null).length === 0;
if (!emulated) {
  streams.err(formatDoctorReport(tools));
  streams.err(
    '\n*** Not everything is installed: the example runs on this computer instead of an emulated Cortex-M4. ***\n',
  );
}

await step('Compile', [
  ...['compile', model, '--target', target, '--name', 'shapes', '--out', out],
  ...['--calibration', calibration, '--mean', String(mean), '--std', String(std)],
]);
await step('Verify', [
  ...['verify', out, '--inputs', data, '--limit', '8', '--per-layer'],
  ...(emulated ? [] : ['--on', 'host']),
]);
await step('Evaluate', ['evaluate', out, '--data', data, '--labels', labels]);
streams.out(`\nThe C is in ${out}; ${out}/report.html shows its memory and layers.\n`);
