import net from 'node:net';
import type { ByteStream } from './serial-port.ts';
import { pause } from './clock.ts';

/** A TCP port of this computer that nobody listens on at the moment. */
export async function freeTcpPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('a listening socket has a port');
  return address.port;
}

/** Connects to a TCP port of this computer as soon as somebody listens there; null when nobody does while `isWorthwhile`. */
export async function connectTcp(port: number, isWorthwhile: () => boolean): Promise<ByteStream | null> {
  while (isWorthwhile()) {
    const socket = await tryToConnect(port);
    if (socket !== null) return streamOf(socket);
    await pause(RETRY_MS);
  }
  return null;
}

const RETRY_MS = 100;

function tryToConnect(port: number): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(null);
    });
  });
}

function streamOf(socket: net.Socket): ByteStream {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => {
          if (error == null) resolve();
          else reject(error);
        });
      }),
    listen: (receive, lost) => {
      socket.on('data', receive);
      socket.once('close', () => {
        lost('the connection was closed');
      });
      socket.on('error', (error: Error) => {
        lost(error.message);
      });
    },
    close: () =>
      new Promise((resolve) => {
        socket.destroy();
        resolve();
      }),
  };
}
