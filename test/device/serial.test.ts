import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { openJournal } from '../../src/device/serial/journal.ts';
import { runOverSerial, type ExpectedFirmware, type SerialRunOptions } from '../../src/device/serial/run.ts';
import { openSerialPort, type ByteStream } from '../../src/host/serial-port.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { fakeBuilder, fakeInputs, fakeLayers } from '../support/fake-model.ts';
import { losing, startUartBoard, type UartBoard } from '../support/qemu-uart.ts';
import { describeOnQemu } from '../support/tools.ts';

const build = fakeBuilder();
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-serial-'));
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const BUILD_ID = 'c0ffee123456';
const EXPECTED: ExpectedFirmware = { model: 'fake', build: BUILD_ID, inputBytes: 16, outputBytes: 16 };
const MACHINES = [
  ['cortex-m0', 'nrf51822', 'microbit'],
  ['cortex-m3', 'emulator', 'mps2-an385'],
  ['cortex-m4', 'emulator', 'mps2-an386'],
  ['cortex-m4', 'netduinoplus2', 'netduinoplus2'],
  ['cortex-m7', 'emulator', 'mps2-an500'],
  ['cortex-m33', 'emulator', 'mps2-an505'],
  ['cortex-m55', 'emulator', 'mps3-an547'],
] as const;

async function start(
  target: string,
  board: string,
  machine: string,
  defines: Readonly<Record<string, number>> = {},
): Promise<UartBoard> {
  const { program } = await build(target, { board, mode: 'serial', defines, buildId: BUILD_ID });
  const started = await startUartBoard(machine, program);
  closing.push(started.close);
  return started;
}

async function open(port: string): Promise<ByteStream> {
  const stream = await openSerialPort(port, 115200);
  closing.push(stream.close);
  return stream;
}

function inputsOf(count: number): readonly Uint8Array[] {
  const all = fakeInputs(count);
  return Array.from({ length: count }, (_, i) => all.subarray(16 * i, 16 * (i + 1)));
}

const outputOf = (input: Uint8Array): Uint8Array => fakeLayers(input)[1];
const PATIENT = { commandMs: 3_000, inferenceMs: 10_000 };
const HASTY = { commandMs: 250, inferenceMs: 1_000 };

function options(port: string, more: Partial<SerialRunOptions> = {}): SerialRunOptions {
  return { port, patience: PATIENT, ...more };
}

describeOnQemu('a board behind a UART', () => {
  it.each(MACHINES)('%s, %s on QEMU %s: computes what the model does', async (target, board, machine) => {
    const { port } = await start(target, board, machine, { FAKE_STACK_BYTES: 400 });
    const inputs = inputsOf(3);
    const { inferences } = await runOverSerial(await open(port), EXPECTED, inputs, options(port));
    expect(inferences.map(({ output }) => output)).toEqual(inputs.map(outputOf));
    for (const { ticks, stackBytes } of inferences) {
      expect(ticks).toBeGreaterThan(0);
      expect(stackBytes).toBeGreaterThanOrEqual(400);
      expect(stackBytes).toBeLessThan(600);
    }
  });

  it('comes through a line that loses bytes, a reset and a hang', async () => {
    const board = await start('cortex-m4', 'emulator', 'mps2-an386');
    const random = mulberry32(7);
    let probability = 0.002;
    const stream = losing(await open(board.port), random, () => probability);
    const inputs = inputsOf(60);
    const run = await runOverSerial(stream, EXPECTED, inputs, {
      ...options(board.port, { patience: HASTY, attempts: 12 }),
      progress: (_, done) => {
        if (done === 20) void board.monitor('system_reset');
        if (done === 40) {
          void board.monitor('stop').then(() => setTimeout(() => void board.monitor('cont'), 600));
        }
        if (done === 50) probability = 0;
      },
    });
    expect(run.inferences.map(({ output }) => output)).toEqual(inputs.map(outputOf));
    expect(run.retries).toBeGreaterThan(1);
  });

  it('goes on from its journal where a run broke off', async () => {
    const { port } = await start('cortex-m4', 'netduinoplus2', 'netduinoplus2');
    const inputs = inputsOf(6);
    const file = path.join(folder, 'journal');
    const journal = await openJournal(file, BUILD_ID, 'x');
    const first = await open(port);
    await runOverSerial(first, EXPECTED, inputs.slice(0, 4), options(port, { journal }));
    await first.close();
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"inference":4,"out`);

    const again = await openJournal(file, BUILD_ID, 'x');
    expect([...again.done.keys()]).toEqual([0, 1, 2, 3]);
    const { inferences } = await runOverSerial(
      await open(port),
      EXPECTED,
      inputs,
      options(port, { journal: again }),
    );
    expect(inferences.map(({ output }) => output)).toEqual(inputs.map(outputOf));
    await expect(openJournal(file, 'other', 'x')).rejects.toThrow(/QM527.*another model/);
    await expect(openJournal(file, BUILD_ID, 'y')).rejects.toThrow(/QM527.*other inputs/);
    await expect(openJournal(path.resolve('package.json'), 'x', 'x')).rejects.toThrow(/QM527.*no journal/);
  });

  it('refuses another model, another build and a model that fails, and says which', async () => {
    const { port } = await start('cortex-m4', 'emulator', 'mps2-an386', { FAKE_FAILS: 1 });
    const stream = await open(port);
    const run = (expected: Partial<ExpectedFirmware>): Promise<unknown> =>
      runOverSerial(stream, { ...EXPECTED, ...expected }, inputsOf(1), options(port, { attempts: 2 }));
    await expect(run({ model: 'vww' })).rejects.toThrow(/QM524.*holds fake \(build c0ffee123456\), not vww/);
    await expect(run({ build: 'abc' })).rejects.toThrow(/QM524.*not fake \(build abc\)/);
    await expect(run({})).rejects.toThrow(/QM525.*input 0 failed 2 times.*status other than 0/);
  });

  it('tells silence from a port that is not there', async () => {
    const { port, monitor } = await start('cortex-m4', 'emulator', 'mps2-an386');
    await monitor('stop');
    const silent = runOverSerial(
      await open(port),
      EXPECTED,
      inputsOf(1),
      options(port, { patience: HASTY, attempts: 2 }),
    );
    await expect(silent).rejects.toThrow(/QM522.*no answer/);
    await expect(openSerialPort('/dev/nowhere', 115200)).rejects.toThrow(/QM521.*\/dev\/nowhere/);
  });
});
