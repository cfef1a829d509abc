// Listeners that verification opens on the host for its run, one of each kind. A service that is
// cut off cannot reach them; because the host can, "denied" is an observation and not the absence
// of a listener.

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReachTarget } from './probes/reach.ts';

export interface Canaries extends AsyncDisposable {
  /** What each says when it is reached. */
  readonly token: string;
  readonly targets: readonly Omit<ReachTarget, 'id'>[];
  /** A file with the token in a folder that only its owner may enter. */
  readonly file: string;
  /** Port of the TCP canary on 127.0.0.1. */
  readonly tcpPort: number;
  /** Of the one on ::1; 0 on a host without IPv6. */
  readonly tcp6Port: number;
  /** How often anyone came, by whichever way. */
  contacts(): number;
}

/** Loopback only: a canary must not become the hole it looks for. */
export async function openCanaries(): Promise<Canaries> {
  const token = `clincher-canary-${randomBytes(12).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'clincher-canary-'));
  const opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  try {
    const file = join(folder, 'file');
    await writeFile(file, token, { mode: 0o600 });
    const targets: Omit<ReachTarget, 'id'>[] = [];
    let contacts = 0;
    const met = () => {
      contacts += 1;
    };
    const stream = async (
      kind: 'tcp' | 'unix' | 'abstract',
      address: string,
      at: ListenOptions,
    ) => {
      const port = await openStream(at, token, met, opened);
      targets.push({ kind, address, port, token });
      return port;
    };
    const tcpPort = await stream('tcp', '127.0.0.1', { host: '127.0.0.1', port: 0 });
    let tcp6Port = 0;
    await ifSupported(async () => {
      tcp6Port = await stream('tcp', '::1', { host: '::1', port: 0 });
    });
    await stream('unix', join(folder, 'sock'), { path: join(folder, 'sock') });
    await stream('abstract', token, { path: `\0${token}` });
    for (const address of ['127.0.0.1', '::1']) {
      await ifSupported(async () => {
        const port = await openDatagram(address, token, met, opened);
        targets.push({ kind: 'udp', address, port, token });
      });
    }
    return {
      ...{ token, targets, file, tcpPort, tcp6Port, contacts: () => contacts },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Resolves to its port. It says the token at once and hangs up. */
async function openStream(
  at: ListenOptions,
  token: string,
  met: () => void,
  opened: AsyncDisposableStack,
): Promise<number> {
  const server: Server = createServer((socket) => {
    met();
    socket.on('error', () => socket.destroy());
    socket.end(token);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, resolve);
  });
  opened.defer(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function openDatagram(
  host: string,
  token: string,
  met: () => void,
  opened: AsyncDisposableStack,
): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_, from) => {
    met();
    socket.send(token, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, resolve);
  });
  socket.on('error', () => undefined);
  opened.defer(() => new Promise((resolve) => socket.close(() => resolve())));
  return socket.address().port;
}

/** A host without IPv6 has no ::1 to be reached at. */
async function ifSupported(open: () => Promise<unknown>): Promise<void> {
  try {
    await open();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) throw error;
  }
}
