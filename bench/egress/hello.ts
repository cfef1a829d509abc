// The first flight of a real TLS client, recorded once and sent again for each tunnel: the proxy
// reads a true ClientHello, and no contender is measured by the speed of somebody's cryptography.

import { createServer } from 'node:net';
import { connect } from 'node:tls';

/** What the far end shall do in one tunnel. */
export interface Ask {
  /** Sent at once. */
  readonly bytesDown: number;
  /** Taken after that, and answered with a word when all of it has come; 0 for none. */
  readonly bytesUp: number;
}

/** The record after the hello that says so. */
const askBytes = 5 + 16;

/** The bytes that Node's own TLS client sends first for this name. */
export function recordHello(name: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (hello) => {
        socket.destroy();
        server.close(() => resolve(hello));
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return;
      connect({ host: '127.0.0.1', port: address.port, servername: name }).on('error', () => {});
    });
  });
}

/** The hello, and in a record of application data what the far end shall do. */
export function helloAsking(hello: Buffer, { bytesDown, bytesUp }: Ask): Buffer {
  const ask = Buffer.alloc(askBytes);
  ask.set([23, 3, 3, 0, 16]);
  ask.writeBigUInt64BE(BigInt(bytesDown), 5);
  ask.writeBigUInt64BE(BigInt(bytesUp), 13);
  return Buffer.concat([hello, ask]);
}

/** What `helloAsking` asked for, or null when it has not all arrived. */
export function askIn(got: Buffer): Ask | null {
  if (got.length < 5) return null;
  const end = 5 + got.readUInt16BE(3);
  if (got.length < end + askBytes) return null;
  const number = (at: number) => Number(got.readBigUInt64BE(end + at));
  return { bytesDown: number(5), bytesUp: number(13) };
}
