import { expect, it } from 'vitest';
import { crc32 } from '../../src/device/serial/crc32.ts';
import { inferOnce, Paces } from '../../src/device/serial/device.ts';
import { SerialLink } from '../../src/device/serial/link.ts';
import type { ByteStream } from '../../src/host/serial-port.ts';
import { elapsedSeconds, startClock } from '../../src/host/clock.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { losing } from '../support/qemu-uart.ts';

/** What the serial harness does of a load and an inference, whose result is the sum of the input. */
function deviceFor(inputBytes: number): ByteStream {
  let unfinished = '';
  let loaded: number[] | null = null;
  let input = new Uint8Array(0);
  let receive: (bytes: Uint8Array) => void = () => undefined;
  const crc = (bytes: Uint8Array): string => `m-crc-[${crc32(bytes)}]`;
  function obey(command: string): readonly string[] {
    const [, word] = /^sync (.*)$/.exec(command) ?? [];
    if (word !== undefined) return [`m-sync-[${word}]`];
    if (command === `db load ${inputBytes}`) {
      loaded = [];
      return [`m-[Expecting ${inputBytes}]`];
    }
    const [, at] = /^db at (\d+)$/.exec(command) ?? [];
    if (at !== undefined && loaded !== null && Number(at) <= loaded.length) {
      loaded.length = Number(at);
      return [`m-at-[${at}]`];
    }
    const [, hex] = /^db ((?:[0-9a-f]{2})*)$/.exec(command) ?? [];
    if (hex !== undefined && loaded !== null) {
      loaded.push(...Buffer.from(hex, 'hex'));
      if (loaded.length < inputBytes) return [`m-at-[${loaded.length}]`];
      input = Uint8Array.from(loaded);
      loaded = null;
      return ['m-load-done', crc(input)];
    }
    if (command !== 'infer 1') return ['e-[this is no command]'];
    const output = Uint8Array.of(input.reduce((a, b) => a + b, 0));
    return ['m-ticks-[7]', 'm-stack-[8]', `m-results-[${Int8Array.from(output).join(',')}]`, crc(output)];
  }
  return {
    write: (bytes) => {
      const commands = (unfinished + Buffer.from(bytes).toString('latin1')).split('%');
      unfinished = commands.pop()!;
      for (const command of commands) {
        const answer = [...obey(command), 'm-ready'].map((line) => `${line}\r\n`).join('');
        setImmediate(() => {
          receive(Buffer.from(answer, 'latin1'));
        });
      }
      return Promise.resolve();
    },
    listen: (listener) => {
      receive = listener;
    },
    close: () => Promise.resolve(),
  };
}

it('sends a command again where a byte of a long input is lost, not the input', async () => {
  const input = Uint8Array.from({ length: 12_288 }, (_, i) => i * 31);
  const random = mulberry32(3);
  // Some eight bytes of the 25,000 that the input takes: none of twenty loads would come through whole.
  let probability = 3e-4;
  const link = new SerialLink(losing(deviceFor(input.length), random, () => probability));
  let again = 0;
  const patience = { commandMs: 200, inferenceMs: 200 };
  const { output } = await inferOnce(link, input, 1, patience, new Paces(), 1, () => {
    again += 1;
    if (again === 8) probability = 0;
  });
  expect(again).toBeGreaterThan(3);
  expect(output).toEqual(Uint8Array.of(input.reduce((a, b) => a + b, 0)));
});

it('waits for an answer that was lost no longer than answers take', async () => {
  const input = Uint8Array.from({ length: 12_288 }, (_, i) => i * 31);
  const device = deviceFor(input.length);
  let [writes, lost, again] = [0, 0, 0];
  const deaf = {
    ...device,
    write: (bytes: Uint8Array): Promise<void> => {
      writes += 1;
      // Not the first one: later answers are timed by it.
      if (writes % 20 !== 19) return device.write(bytes);
      lost += 1;
      return Promise.resolve();
    },
  };
  const start = startClock();
  const patience = { commandMs: 20_000, inferenceMs: 20_000 };
  await inferOnce(new SerialLink(deaf), input, 1, patience, new Paces(), 1, () => {
    again += 1;
  });
  expect(lost).toBeGreaterThan(3);
  expect(again).toBe(lost);
  expect(elapsedSeconds(start)).toBeLessThan(15);
});
