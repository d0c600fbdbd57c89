import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadTargets } from '../../src/device/targets.ts';
import { emit } from '../support/emitted.ts';
import { runProgramOnQemu, type BOARDS } from '../support/qemu-cases.ts';
import { ShapeModel } from '../support/shape-models.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-ticks-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const m = new ShapeModel();
const stem = m.conv(m.input(8, 8, 3), 4, 3, 2);
const { files } = emit(m.build('tiny', [m.softmax(m.dense(m.pool(stem, 4, 4), 3))]));
for (const [name, text] of files) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}
const LAYERS = 4;
const RUNS = 3;
const main = path.join(folder, 'main.c');
writeFileSync(
  main,
  `#include <stdio.h>
#include "tiny_model.h"
#include "runtime/qmcu_ticks.h"
qmcu_layer_time qmcu_layer_times[TINY_LAYERS];
static uint8_t arena[TINY_ARENA_BYTES] __attribute__((aligned(TINY_ARENA_ALIGNMENT)));
#ifdef OWN_TICKS
uint32_t qmcu_ticks(void) {
  static uint32_t now = UINT32_MAX - 14u; /* it wraps */
  return now += 10u;
}
#endif
int main(void) {
  tiny_context context;
  tiny_init(&context, arena);
  qmcu_ticks_start();
  for (int run = 0; run < ${RUNS}; run++) {
    if (tiny_run(&context) != 0) return 2;
  }
  for (int layer = 0; layer < TINY_LAYERS; layer++) {
    printf("%lu %lu\\n", (unsigned long)qmcu_layer_times[layer].calls, (unsigned long)qmcu_layer_times[layer].ticks);
  }
  return 0;
}
`,
);
const sources = [...files.keys()]
  .filter((file) => file.endsWith('.c'))
  .map((file) => path.join(folder, file));
const hooked = ['-DQMCU_HOOK_HEADER="runtime/qmcu_ticks.h"', `-I${folder}`, main, ...sources];

/** [calls, ticks] of each layer. */
function timesIn(printed: string): readonly (readonly number[])[] {
  return printed
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
}

describeOnHost('ticks by layer', () => {
  it('count with what the program defines, and wrap', () => {
    const program = path.join(folder, 'own');
    const flags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-pedantic', '-Werror', '-DOWN_TICKS'];
    execFileSync('gcc', [...flags, ...hooked, '-o', program]);
    const times = timesIn(execFileSync(program, { encoding: 'utf8' }));
    expect(times).toHaveLength(LAYERS);
    for (const [calls, ticks] of times) expect([calls! % RUNS, ticks]).toEqual([0, 10 * calls!]);
  });
});

describeOnQemu('ticks by layer', () => {
  it.each(['QMCU_TICKS_DWT', 'QMCU_TICKS_SYSTICK', 'OWN_TICKS'])(
    '%s: compile for every target',
    async (counter) => {
      const targets = (await loadTargets()).filter(({ id }) => id !== 'host');
      expect(targets.length).toBeGreaterThan(5);
      for (const { compiler } of targets) {
        const flags = [...compiler.flags, '-std=c99', '-Wall', '-Wextra', '-Werror', `-D${counter}`];
        execFileSync('arm-none-eabi-gcc', [...flags, '-fsyntax-only', ...hooked], { cwd: folder });
      }
    },
  );

  // QEMU has no cycle counter in its DWT: that one is compiled and not run.
  it.each(['cortex-m4', 'cortex-m55'] as const)('%s: SysTick counts', (cpu: keyof typeof BOARDS) => {
    const run = (): readonly (readonly number[])[] => {
      const given = ['-DQMCU_TICKS_SYSTICK', ...hooked];
      const printed = runProgramOnQemu(folder, cpu, new Uint8Array(0), given, ['-icount', 'shift=6']);
      return timesIn(printed.toString());
    };
    const times = run();
    expect(times).toHaveLength(LAYERS);
    for (const [calls, ticks] of times) {
      expect(calls! % RUNS).toBe(0);
      expect(ticks).toBeGreaterThan(0);
    }
    const [convolution, , dense] = times.map(([, ticks]) => ticks!);
    expect(convolution).toBeGreaterThan(2 * dense!);
    expect(run()).toEqual(times);
  });
});
