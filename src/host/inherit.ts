// Opens the world's listening sockets for a service that may accept and cannot dial (DESIGN D3).

import { createServer, type Server } from 'node:net';
import { ClincherError } from '../kit/error.ts';
import type { IngressListen } from '../topology/model.ts';

export interface BoundListeners {
  readonly descriptors: readonly number[];
  /** Closes this process's copies; the sockets live on in whoever was given the descriptors. */
  release(): void;
}

/**
 * Spawn and release in the very tick this resolves in: until it turns to the event loop, this
 * process accepts no connection, and none is lost because the kernel queues them.
 * @throws ClincherError `port-in-use`, `port-unusable`
 */
export async function bindListeners(listens: readonly IngressListen[]): Promise<BoundListeners> {
  const servers = listens.map(() => createServer());
  const release = () => {
    for (const server of servers) if (server.listening) server.close();
  };
  const results = await Promise.allSettled(
    listens.map((listen, index) => bind(servers[index] as Server, listen)),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    release();
    throw failed.reason;
  }
  return { descriptors: servers.map(descriptorOf), release };
}

function bind(server: Server, { host, port }: IngressListen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port)));
    server.listen({ host, port }, resolve);
  });
}

export function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new ClincherError('port-in-use', `${where} is taken by another program`, {
      fix: `See who has it with "ss -ltnp 'sport = :${port}'" and stop it, or set ingress.port to another.`,
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new ClincherError('port-unusable', `${where} may not be listened on by this user`, {
      fix: 'Ports below 1024 need root: set ingress.port to 1024 or above.',
      cause: error,
    });
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new ClincherError('port-unusable', `${where} is not an address of this machine`, {
      fix: 'Set ingress.host to one that "ip address" lists.',
      cause: error,
    });
  }
  return error;
}

/**
 * Node keeps a server's descriptor in its handle, and has no public way to it for handing it to a
 * child.
 */
function descriptorOf(server: Server): number {
  const { _handle } = server as unknown as { _handle: { fd: number } };
  return _handle.fd;
}
