// Two joined sockets: what one says the other hears, ends are passed on one by one, failures at
// once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { joinSockets } from './tunnel.ts';

/** Both ends of one loopback connection. */
async function pair(): Promise<readonly [outer: Socket, inner: Socket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outer = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [inner] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [outer.on('error', () => {}), inner.on('error', () => {})];
}

test('a megabyte goes each way and comes out as it went in', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const joined = joinSockets(near, far, { idleTimeoutMs: 5_000 }).ended;
  const up = Buffer.alloc(1_000_000, 'u');
  const down = Buffer.alloc(1_000_000, 'd');
  client.end(up);
  server.end(down);
  const [gotUp, gotDown] = await Promise.all([all(server), all(client)]);
  assert.ok(gotUp.equals(up) && gotDown.equals(down));
  assert.deepEqual(await joined, { how: 'closed' });
  assert.deepEqual([far.bytesWritten, far.bytesRead], [up.length, down.length]);
});

test('the end of one direction is passed on while the other goes on', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const joined = joinSockets(near, far, { idleTimeoutMs: 5_000 }).ended;
  client.end('question');
  assert.equal((await all(server)).toString(), 'question');
  server.end('answer');
  assert.equal((await all(client)).toString(), 'answer');
  assert.deepEqual(await joined, { how: 'closed' });
});

for (const side of ['near', 'far'] as const) {
  test(`a reset on the ${side} side closes the other`, async () => {
    const [client, near] = await pair();
    const [server, far] = await pair();
    const joined = joinSockets(near, far, { idleTimeoutMs: 5_000 }).ended;
    const [failing, left] = side === 'near' ? [client, server] : [server, client];
    const heard = new Promise((done) => left.resume().once('end', done).once('close', done));
    failing.resetAndDestroy();
    assert.deepEqual(await joined, { how: 'broken' });
    await heard;
    left.destroy();
    assert.ok(near.destroyed && far.destroyed);
  });
}

test('a side that was gone before it was joined takes the other along', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const gone = once(far, 'close');
  far.destroy();
  await gone;
  assert.deepEqual(await joinSockets(near, far, { idleTimeoutMs: 5_000 }).ended, { how: 'broken' });
  client.destroy();
  server.destroy();
});

test('silence ends both', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  assert.deepEqual(await joinSockets(near, far, { idleTimeoutMs: 50 }).ended, { how: 'idle' });
  client.destroy();
  server.destroy();
});

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}
