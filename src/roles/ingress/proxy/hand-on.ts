// For a program that takes no listening socket from who starts it: what connects to ours is led to
// a socket of the program's, under the client's address, so that the program judges by that.

import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { listen } from '../../../net/listen.ts';
import { namedDialler } from '../../../net/named-socket.ts';
import { Tunnel } from '../../../net/tunnel.ts';

export interface HandedOn {
  /** Where the program is to listen. */
  readonly address: string;
  /** From now on; what came before waits. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

/** Nobody else is in `folder`: who can dial the socket there can say to be anybody. */
export async function handOn(
  from: string,
  folder: string,
  connectionsMax: number,
): Promise<HandedOn> {
  const clients = join(folder, 'clients');
  await mkdir(clients, { mode: 0o700 });
  const dialler = await namedDialler(clients);
  const path = join(folder, 'accepted');
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.maxConnections = connectionsMax;
  server.on('connection', (client) => {
    const { remoteAddress: host, remotePort: port } = client;
    if (host === undefined) return client.destroy();
    const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const far = dialler.dial(name, path);
    open.add(client);
    new Tunnel(client, far, {
      // How long a connection may be silent is for the program to say.
      idleTimeoutMs: Number.POSITIVE_INFINITY,
      count: { up: () => null, down: () => null },
      over: () => {},
      closed: () => open.delete(client),
    });
  });
  return {
    address: `unix:${path}`,
    begin: () => listen(server, from),
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of open) client.destroy();
      await closed;
    },
  };
}
