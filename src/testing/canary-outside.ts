// Stands for the outside in a network namespace: listens at every outside address and remembers who
// came.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { outsideAddresses } from './netns.ts';

export interface OutsideCanaries extends AsyncDisposable {
  /** `tcp 192.0.2.1:443` for each contact, in order. */
  readonly contacts: readonly string[];
  /** Forgets the contacts so far. */
  forget(): void;
}

const tcpPorts = [53, 80, 443, 853];
const udpPorts = [53, 123, 443, 853];

/**
 * Only for a network namespace made for tests (netns.ts): elsewhere the addresses are not its own
 * to bind.
 */
export async function openOutside(): Promise<OutsideCanaries> {
  const contacts: string[] = [];
  await using opened = new AsyncDisposableStack();
  for (const address of outsideAddresses) {
    for (const port of tcpPorts) {
      const server = createServer((socket) => {
        contacts.push(`tcp ${address}:${port}`);
        socket.on('error', () => socket.destroy());
        socket.end('outside');
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port }, resolve);
      });
      opened.defer(() => new Promise((resolve) => server.close(() => resolve())));
    }
    for (const port of udpPorts) {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (message, from) => {
        contacts.push(`udp ${address}:${port}`);
        socket.send(port === 53 ? noSuchName(message) : 'outside', from.port, from.address);
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, address, resolve);
      });
      opened.defer(() => new Promise((resolve) => socket.close(() => resolve())));
    }
  }
  const kept = opened.move();
  return {
    contacts,
    forget: () => contacts.splice(0),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The question sent back as an answer with RCODE 3, NXDOMAIN (RFC 1035, 4.1.1). */
function noSuchName(question: Buffer): Buffer {
  const answer = Buffer.from(question);
  if (answer.length >= 4) answer.writeUInt16BE(0x8183, 2);
  return answer;
}
