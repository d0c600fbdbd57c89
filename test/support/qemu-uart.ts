import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ByteStream } from '../../src/host/serial-port.ts';

/** An emulated board whose first UART is a pseudo-terminal of this computer. */
export interface UartBoard {
  /** The terminal, such as /dev/pts/3. */
  readonly port: string;
  /** Has QEMU's monitor do something: `system_reset`, `stop`, `cont`. */
  readonly monitor: (command: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts a program on a machine. */
export async function startUartBoard(machine: string, program: string): Promise<UartBoard> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-uart-'));
  const socketPath = path.join(folder, 'monitor');
  const qemu = spawn(
    'qemu-system-arm',
    [
      ...['-machine', machine, '-display', 'none', '-serial', 'pty', '-icount', 'shift=6'],
      ...['-monitor', `unix:${socketPath},server=on,wait=off`, '-kernel', program],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) =>
    qemu.once('exit', () => {
      resolve();
    }),
  );
  const port = await new Promise<string>((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const match = /redirected to (\S+)/.exec(said);
      if (match !== null) resolve(match[1]!);
    };
    qemu.stdout.on('data', hear);
    qemu.stderr.on('data', hear);
    void ended.then(() => {
      reject(new Error(`QEMU ended: ${said}`));
    });
  });
  const socket = net.createConnection(socketPath);
  let heard = '';
  let wake = (): void => undefined;
  // It closes with QEMU.
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    heard += chunk.toString();
    wake();
  });
  const prompt = (): Promise<void> =>
    new Promise((resolve) => {
      wake = (): void => {
        if (!heard.endsWith('(qemu) ')) return;
        heard = '';
        resolve();
      };
      wake();
    });
  await prompt();
  return {
    port,
    monitor: async (command) => {
      socket.write(`${command}\n`);
      await prompt();
    },
    close: async () => {
      socket.destroy();
      qemu.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** A line that loses bytes: each with the probability that `lossy` says, in both directions. */
export function losing(stream: ByteStream, random: () => number, probability: () => number): ByteStream {
  const thin = (bytes: Uint8Array): Uint8Array => bytes.filter(() => random() >= probability());
  return {
    ...stream,
    write: (bytes) => stream.write(thin(bytes)),
    listen: (receive, lost) => {
      stream.listen((bytes) => {
        receive(thin(bytes));
      }, lost);
    },
  };
}
