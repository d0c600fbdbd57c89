import { fail } from '../diagnostics/diagnostic.ts';

/** Bytes to and from a device. */
export interface ByteStream {
  /** Resolves once the bytes have left this process. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** `receive` gets what arrives from now on; `lost` is called once, when the device goes away. */
  readonly listen: (receive: (bytes: Uint8Array) => void, lost: (reason: string) => void) => void;
  readonly close: () => Promise<void>;
}

/**
 * Opens a serial port by the npm package serialport, whose binding is native code. Fails with QM520 where that cannot be loaded
 * here, with QM521 where the port cannot be opened.
 */
export async function openSerialPort(path: string, baudRate: number): Promise<ByteStream> {
  const { SerialPort } = await loadPackage();
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  }).catch((error: unknown) => fail('QM521', {}, { port: path, reason: reasonOf(error) }));
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(bytes);
        port.drain((error) => {
          if (error === null) resolve();
          else reject(error);
        });
      }),
    listen: (receive, lost) => {
      port.on('data', receive);
      port.once('close', () => {
        lost('the port was closed');
      });
      port.once('error', (error: Error) => {
        lost(error.message);
      });
    },
    close: () =>
      new Promise((resolve) => {
        if (!port.isOpen) resolve();
        else
          port.close(() => {
            resolve();
          });
      }),
  };
}

async function loadPackage(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (error) {
    return fail('QM520', {}, { reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}
