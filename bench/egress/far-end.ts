// The far end of the benchmark: answers and takes the bytes of a TLS client as cheaply as it can,
// so that what is measured is the proxy in between. A port of its own speaks real TLS, to prove
// the way.

import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { askIn } from './hello.ts';

const [certFile = '', keyFile = ''] = process.argv.slice(2);
/** What an application-data record of the largest size looks like to whoever passes it on. */
const recordBytes = 5 + 2 ** 14;
const block = Buffer.alloc(16 * recordBytes, 'x');

const doneBytes = 100;

const canned = createServer({ noDelay: true }, (socket) => {
  let got: Buffer | null = Buffer.alloc(0);
  let left = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (got === null) {
      left -= chunk.length;
      if (left <= 0 && left + chunk.length > 0) send(socket, doneBytes);
      return;
    }
    got = Buffer.concat([got, chunk]);
    const asked = askIn(got);
    if (asked === null) return;
    got = null;
    left = asked.bytesUp;
    send(socket, asked.bytesDown);
  });
});

function send(socket: Socket, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      if (!socket.write(part)) return void socket.once('drain', more);
    }
  };
  more();
}

const tls = createTls({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
});

const portOf = (server: typeof canned) => (server.address() as AddressInfo).port;
canned.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  tls.listen(0, '127.0.0.1', () =>
    process.stdout.write(`${JSON.stringify({ canned: portOf(canned), tls: portOf(tls) })}\n`),
  ),
);
