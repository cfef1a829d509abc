// Dialling: an address and nothing else, within its time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { BulkSocket } from './bulk-socket.ts';
import { dialAddress } from './dial.ts';

test('an address is dialled, and the peer is that address', async () => {
  const server = createServer((socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = await dialAddress('127.0.0.1', port, 5_000);
  assert.deepEqual([socket.remoteAddress, socket.remotePort], ['127.0.0.1', port]);
  let text = '';
  assert.ok(socket instanceof BulkSocket);
  socket.readInto((bytes) => {
    text += bytes;
    return true;
  });
  await once(socket, 'end');
  assert.equal(text, 'hello');
  socket.destroy();
  server.close();
});

test('a name is never dialled, so nothing can resolve it a second time', () => {
  for (const name of ['localhost', 'api.example.com', '127.1', '']) {
    assert.throws(() => dialAddress(name, 443, 5_000), /never a name/);
  }
});

test('a closed port rejects with what the system said', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  await assert.rejects(dialAddress('127.0.0.1', port, 5_000), { code: 'ECONNREFUSED' });
});
