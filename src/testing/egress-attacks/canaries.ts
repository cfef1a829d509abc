// Listeners on every address of a test's network, TCP and UDP, that remember who came: where a
// broken guard of the egress proxy would lead.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

export interface Canaries extends AsyncDisposable {
  /** `tcp 443` or `udp 53` for each contact, in order. */
  readonly contacts: readonly string[];
}

const tcpPorts = [1, 22, 25, 53, 80, 443, 853, 2375, 4750, 8080, 8443, 65_535];
const udpPorts = [53, 443];

/** Only for a network namespace made for tests: see netns.ts. */
export async function openCanaries(): Promise<Canaries> {
  const contacts: string[] = [];
  await using opened = new AsyncDisposableStack();
  for (const port of tcpPorts) {
    const server = createServer((socket) => {
      contacts.push(`tcp ${port}`);
      socket.on('error', () => {}).destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '::', resolve);
    });
    opened.defer(() => new Promise((done) => server.close(() => done())));
  }
  for (const port of udpPorts) {
    const socket = createSocket({ type: 'udp6', ipv6Only: false });
    socket.on('message', () => contacts.push(`udp ${port}`));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).bind(port, '::', resolve);
    });
    opened.defer(() => new Promise((done) => socket.close(() => done())));
  }
  const kept = opened.move();
  return { contacts, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
