import { findExecutable, isSuperuser } from '../host/environment.ts';
import { runProcess } from '../host/processes.ts';
import { diagnostic } from '../diagnostics/diagnostic.ts';
import { formatDiagnostic } from '../diagnostics/format.ts';
import { examineTools, type DoctorReport } from './doctor.ts';

/**
 * Installs the external tools that are missing with apt, where this process may: as root, or with a sudo that asks for
 * no password. Says beforehand what it does. Where it may not, says what to type, and leaves it at that: what can be done
 * with the compiler of this computer goes on. Returns what is there afterwards.
 */
export async function installMissingTools(say: (line: string) => void): Promise<DoctorReport> {
  const before = await examineTools();
  const packages = before.tools.flatMap((tool) => tool.missingPackages);
  if (before.remedy === null) return before;

  const prefix = await superuserPrefix();
  if (prefix === null || findExecutable('apt-get') === null) {
    say(`Missing: ${packages.join(', ')}. To install, type:`);
    say(`  ${before.remedy}`);
    say('Going on without: what needs these tools is left out.');
    return before;
  }
  say(`Missing: ${packages.join(', ')}. Installing with apt-get:`);
  const aptGet = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  await runAnnounced([...aptGet, 'update'], say);
  await runAnnounced([...aptGet, 'install', '-y', '--no-install-recommends', ...packages], say);
  return examineTools();
}

/** What goes before a command to run it as root; null when this process may not. */
async function superuserPrefix(): Promise<readonly string[] | null> {
  if (isSuperuser()) return [];
  const sudo = findExecutable('sudo');
  if (sudo === null) return null;
  const asked = await runProcess(sudo, ['--non-interactive', 'true']);
  return asked.exitCode === 0 ? [sudo, '--non-interactive'] : null;
}

async function runAnnounced(
  [command = '', ...args]: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const line = [command, ...args].join(' ');
  say(`  ${line}`);
  const { exitCode } = await runProcess(command, args, { passOutput: true });
  if (exitCode !== 0)
    say(formatDiagnostic(diagnostic('QM502', {}, { command: line, exitCode: exitCode ?? 'none' })));
}
