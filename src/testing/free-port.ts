// Ports that were free a moment ago, for settings that must name them before anything listens.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Below those that the kernel gives to who connects: one of them could take it meanwhile. */
const anyPort = () => 10_000 + Math.floor(Math.random() * 20_000);

/** No two the same: each is held until all are found. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  while (servers.length < count) {
    const server = createServer().listen(anyPort(), '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    servers.push(server);
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
