// Tests of the tunnel's client half, against a proxy that answers literally what the row says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ConnectError, connectThrough } from './connect-client.ts';

async function withProxy(
  answer: (socket: Socket, head: string) => void,
  run: (address: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => answer(socket, chunk.toString('latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`tcp:127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test('the request names host, port and request id, and bytes after the answer are kept', async () => {
  let asked = '';
  await withProxy(
    (socket, head) => {
      asked = head;
      socket.write('HTTP/1.1 200 Connection Established\r\nX-Request-Id: r-1\r\n\r\nearly');
    },
    async (address) => {
      const socket = await connectThrough(address, 'api.example.com', 443, 'r-1', 5_000);
      const [first] = (await once(socket, 'data')) as [Buffer];
      assert.equal(first.toString(), 'early');
      socket.destroy();
    },
  );
  assert.equal(
    asked,
    'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nx-request-id: r-1\r\n\r\n',
  );
});

test('a refusal carries status, reason and request id', async () => {
  await withProxy(
    (socket) =>
      socket.end(
        'HTTP/1.1 403 Forbidden\r\nX-Clincher-Reason: host-not-allowed\r\nx-request-id: r-2\r\n\r\n{}',
      ),
    async (address) => {
      const error = await refused(connectThrough(address, 'evil.example', 443, 'r-1', 5_000));
      assert.equal(error.code, 'tunnel-refused');
      assert.deepEqual(error.answer, { status: 403, reason: 'host-not-allowed', requestId: 'r-2' });
    },
  );
});

const failures: readonly (readonly [string, (socket: Socket) => void, RegExp])[] = [
  ['closes without an answer', (socket) => socket.end(), /without an answer/],
  ['resets', (socket) => socket.resetAndDestroy(), /cannot be reached|without an answer/],
  [
    'answers in another protocol',
    (socket) => socket.write('SSH-2.0-x\r\n\r\n'),
    /not answer in HTTP/,
  ],
  ['answers without end', (socket) => socket.write(Buffer.alloc(20_000, 'a')), /too long a head/],
  ['never answers', () => {}, /no answer in 100 ms/],
];

for (const [name, answer, message] of failures) {
  test(`a proxy that ${name} is tunnel-failed`, async () => {
    await withProxy(answer, async (address) => {
      const error = await refused(connectThrough(address, 'api.example.com', 443, 'r-1', 100));
      assert.equal(error.code, 'tunnel-failed');
      assert.match(error.message, message);
      assert.equal(error.answer.status, null);
    });
  });
}

test('a missing socket is tunnel-failed', async () => {
  const error = await refused(connectThrough('unix:/nonexistent/sock', 'a.example', 443, 'r', 500));
  assert.equal(error.code, 'tunnel-failed');
});

test('a host or request id with a line break never reaches the wire', async () => {
  const address = 'unix:/nonexistent/sock';
  await assert.rejects(connectThrough(address, 'a.example\r\nX: y', 443, 'r', 500), /name or an/);
  await assert.rejects(connectThrough(address, 'a.example', 443, 'r\r\nX: y', 500), /printable/);
});

async function refused(attempt: Promise<Socket>): Promise<ConnectError> {
  return attempt.then(
    (socket) => {
      socket.destroy();
      throw new Error('a tunnel was opened');
    },
    (error: unknown) => {
      assert.ok(error instanceof ConnectError);
      return error;
    },
  );
}
