import { stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { runFirmware } from '../../src/device/run.ts';
import { fakeBuilder, fakeInputs, fakeLayers } from '../support/fake-model.ts';
import { describeOnHost } from '../support/tools.ts';

const build = fakeBuilder();

describeOnHost('the harness as a program of this computer', () => {
  it('runs thousands of inputs in one process', async () => {
    const inputs = fakeInputs(5000);
    const result = await runFirmware(await build('host'), { inputs, count: 5000, timeoutMs: 30_000 });
    expect(Buffer.compare(result.outputs, fakeLayers(inputs)[1])).toBe(0);
    expect(result).toMatchObject({
      instructions: null,
      layerInstructions: null,
      layerRows: null,
      stackBytes: null,
    });
  });

  it('gives the rows of every layer', async () => {
    const inputs = fakeInputs(2);
    const program = await build('host', { mode: 'layer-rows' });
    const { layerRows } = await runFirmware(program, { inputs, count: 2, timeoutMs: 30_000 });
    const last = layerRows?.at(-1);
    expect(last).toMatchObject({ inference: 1, layer: 1, y0: 0, y1: 4, x0: 0, x1: 4 });
    expect(Buffer.compare(last?.bytes ?? new Uint8Array(), fakeLayers(inputs)[1].subarray(16))).toBe(0);
  });

  it('counts no instructions, there being no counter', async () => {
    const program = await build('host', { mode: 'layer-counts' });
    const { layerInstructions } = await runFirmware(program, {
      inputs: fakeInputs(1),
      count: 1,
      timeoutMs: 30_000,
    });
    expect(layerInstructions).toBeNull();
  });

  it('is a file that exists, with no memory account', async () => {
    const { program, memory } = await build('host');
    expect((await stat(program)).isFile()).toBe(true);
    expect(memory).toBeNull();
  });
});
