import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineTools, formatDoctorReport } from '../../src/device/doctor.ts';
import { installMissingTools } from '../../src/device/install.ts';
import { requireTool } from '../../src/device/tools.ts';

/** A PATH of our own, so that a test decides what this computer has. */
let folder = '';
const ownPath = process.env['PATH'];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-path-'));
  process.env['PATH'] = folder;
});
afterEach(() => {
  process.env['PATH'] = ownPath;
  rmSync(folder, { recursive: true });
});

function addTool(name: string, script: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(folder, name), 0o755);
}

const gcc = 'case "$1" in --version) echo "gcc 12.2";; *) echo /lib/libc.a;; esac';
const qemu = 'case "$1" in --version) echo "QEMU 7.2";; *) echo "mps3-an547 board";; esac';

describe('doctor', () => {
  it('names everything that is missing, and the line that installs it', async () => {
    const report = await examineTools();
    expect(report.ready).toBe(false);
    expect(report.remedy).toBe(
      'sudo apt-get install -y --no-install-recommends gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm gcc libc6-dev',
    );
    expect(formatDoctorReport(report)).toContain(report.remedy);
  });

  it('names version and path of what it finds', async () => {
    for (const [name, script] of Object.entries({
      'arm-none-eabi-gcc': gcc,
      'qemu-system-arm': qemu,
      clang: gcc,
    })) {
      addTool(name, script);
    }
    const report = await examineTools();
    expect(report).toMatchObject({ ready: true, remedy: null });
    expect(formatDoctorReport(report)).toContain(
      `ok       QEMU for Arm: QEMU 7.2, ${folder}/qemu-system-arm`,
    );
  });

  it('sees a compiler without its C library and an emulator without the boards', async () => {
    addTool('arm-none-eabi-gcc', 'case "$1" in --version) echo gcc;; *) echo libc.a;; esac');
    addTool('qemu-system-arm', 'echo QEMU 2.0');
    const problems = (await examineTools()).tools.map(({ problem }) => problem);
    expect(problems[0]).toMatch(/newlib/);
    expect(problems[1]).toMatch(/mps3-an547/);
  });

  it('takes a tool that does not start for missing', async () => {
    addTool('gcc', 'exit 1');
    expect((await examineTools()).tools[2]?.found).toBeNull();
  });
});

describe('a tool that is needed and missing', () => {
  it('is a diagnostic with the line to type', async () => {
    await expect(requireTool(['qemu-system-arm'])).rejects.toMatchObject({
      diagnostics: [
        { code: 'QM501', hint: 'type: sudo apt-get install -y --no-install-recommends qemu-system-arm' },
      ],
    });
  });
});

describe('installation', () => {
  it('says what to type where there is no apt, and changes nothing', async () => {
    const said: string[] = [];
    const report = await installMissingTools((line) => said.push(line));
    expect(report.ready).toBe(false);
    expect(said.join('\n')).toContain(`\n  ${report.remedy ?? 'no remedy'}\n`);
  });

  it('announces and runs apt-get for what is missing only', async () => {
    const log = path.join(folder, 'log');
    symlinkSync('/usr/bin/env', path.join(folder, 'env'));
    addTool('sudo', 'shift; exec "$@"');
    addTool('apt-get', `echo "$DEBIAN_FRONTEND $*" >> ${log}`);
    addTool('arm-none-eabi-gcc', gcc);
    addTool('cc', gcc);
    const said: string[] = [];
    await installMissingTools((line) => said.push(line));
    expect(readFileSync(log, 'utf8').split('\n')).toEqual([
      'noninteractive update',
      'noninteractive install -y --no-install-recommends qemu-system-arm',
      '',
    ]);
    expect(said[0]).toBe('Missing: qemu-system-arm. Installing with apt-get:');
    expect(said.join('\n')).toContain('apt-get install -y --no-install-recommends qemu-system-arm');
  });

  it('warns when apt-get fails, and goes on', async () => {
    symlinkSync('/usr/bin/env', path.join(folder, 'env'));
    addTool('sudo', 'shift; exec "$@"');
    addTool('apt-get', 'exit 100');
    const said: string[] = [];
    expect((await installMissingTools((line) => said.push(line))).ready).toBe(false);
    expect(said.join('\n')).toMatch(/warning QM502.*exit code 100/);
  });
});
