// The first flight of a real TLS client, recorded once and sent again for each tunnel: the proxy
// reads a true ClientHello, and no contender is measured by the speed of somebody's cryptography.

import { createServer } from 'node:net';
import { connect } from 'node:tls';

/** The record after the hello that says how much the far end shall send. */
const askBytes = 5 + 8;

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

/** The hello, and in a record of application data the number of bytes to be sent back. */
export function helloAsking(hello: Buffer, bytes: number): Buffer {
  const ask = Buffer.from([23, 3, 3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  ask.writeBigUInt64BE(BigInt(bytes), 5);
  return Buffer.concat([hello, ask]);
}

/** What `helloAsking` asked for, or null when it has not all arrived. */
export function answerBytesOf(got: Buffer): number | null {
  if (got.length < 5) return null;
  const end = 5 + got.readUInt16BE(3);
  return got.length < end + askBytes ? null : Number(got.readBigUInt64BE(end + 5));
}
