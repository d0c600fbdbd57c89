import { describe } from 'vitest';
import { examineTools } from '../../src/device/doctor.ts';

const report = await examineTools();

function isUsable(command: string): boolean {
  return report.tools.some((tool) => tool.problem === null && tool.found?.command === command);
}

/** Whether firmware can be compiled and run on QEMU here. */
export const hasFirmwareTools = isUsable('arm-none-eabi-gcc') && isUsable('qemu-system-arm');

/** Whether generated code can be compiled for this computer. */
export const hasHostCompiler = ['gcc', 'clang', 'cc'].some(isUsable);

/** A `describe` that needs the Arm compiler and QEMU: skipped, and loudly so, where they are missing. */
export function describeOnQemu(name: string, body: () => void): void {
  describeIf(hasFirmwareTools, 'arm-none-eabi-gcc and qemu-system-arm', name, body);
}

/** A `describe` that needs a C compiler for this computer: skipped, and loudly so, where there is none. */
export function describeOnHost(name: string, body: () => void): void {
  describeIf(hasHostCompiler, 'a C compiler', name, body);
}

function describeIf(available: boolean, needed: string, name: string, body: () => void): void {
  if (available) {
    describe(name, body);
    return;
  }
  const remedy = report.remedy ?? 'see `npm run -s quantmcu -- doctor`';
  process.stderr.write(`\n*** NOT TESTED: ${name}: needs ${needed}. ${remedy}\n\n`);
  describe.skip(`${name} (not tested: needs ${needed})`, body);
}
