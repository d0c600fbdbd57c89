import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Manifest } from '../../src/emit/manifest.ts';
import { scheduleStream } from '../../src/schedule/by-rows.ts';
import { pushInput } from '../../src/schedule/push-input.ts';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { emitScheduled, inFolderOf, sourcesOf } from '../support/emitted.ts';
import { describeOnHost } from '../support/tools.ts';
import { residualShapes } from '../support/two-arms.ts';

const { model } = residualShapes();
const name = model.graph.name;
const pushed = pushInput(model, scheduleStream(model));

/** Ends the first run at row 2, lets the second go on to its end, and prints what it was asked for. */
const PROGRAM = `
#include <stdio.h>
#include <string.h>
#include "${name}_model.h"
static _Alignas(${name.toUpperCase()}_ARENA_ALIGNMENT) uint8_t arena[${name.toUpperCase()}_ARENA_BYTES];
static ${name}_context context;
static int source(void *user, uint32_t y, void *row) {
  const uint32_t *end = user;
  if (y == *end) return 42;
  memset(row, (int)y, ${name.toUpperCase()}_INPUT_ROW_BYTES);
  printf("%u ", (unsigned)y);
  return 0;
}
int main(void) {
  uint32_t end = 2;
  ${name}_init(&context, arena);
  printf("-> %d\\n", ${name}_run(&context, source, &end));
  end = 1000;
  printf("-> %d\\n", ${name}_run(&context, source, &end));
  return 0;
}
`;

describeOnHost('rows that are pulled', () => {
  it('are asked for once each, from the top, until the source says no', async () => {
    const { files } = emitScheduled(model, pushed, { pullsRows: true });
    const { h } = model.maps[model.inputs[0]!.map]!.shape;
    await inFolderOf(files, async (folder) => {
      await writeFile(path.join(folder, 'main.c'), PROGRAM);
      const sources = ['main.c', ...sourcesOf(files)];
      await execa('cc', ['-std=c11', '-O1', '-o', 'pull', ...sources, '-lm'], { cwd: folder });
      const { stdout } = await execa(path.join(folder, 'pull'));
      const rows = Array.from({ length: h }, (_, y) => y).join(' ');
      expect(stdout.split('\n')).toEqual(['0 1 -> 42', `${rows} -> 0`]);
    });
  });
});

it('the manifest tells how the input gets there', () => {
  const arrives = (pulls: boolean, schedule = pushed): string | undefined => {
    const text = emitScheduled(model, schedule, { pullsRows: pulls }).files.get('quantmcu.json');
    return (JSON.parse(String(text)) as Manifest).inputs[0]?.arrives;
  };
  expect(arrives(true)).toBe('pull');
  expect(arrives(false)).toBe('push');
  expect(arrives(false, scheduleStream(model))).toBe('whole');
});

it('rows are not pushed and pulled at once', async () => {
  const ran = await quantmcu(
    ...[
      'compile',
      'none.tflite',
      '--target',
      'host',
      '--out',
      'none',
      '--push-rows',
      '--pull-rows',
      '--json',
    ],
  );
  expect(ran.exitCode).toBe(2);
  expect(diagnosticsOf(ran)[0]!.code).toBe('QM721');
});
