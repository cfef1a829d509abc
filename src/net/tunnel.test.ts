// Two joined sockets: what one says the other hears, ends are passed on one by one, failures at
// once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { joined } from '../testing/joined.ts';
import { Tunnel } from './tunnel.ts';

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
  const ended = joined(near, far, { idleTimeoutMs: 5_000 });
  const up = Buffer.alloc(1_000_000, 'u');
  const down = Buffer.alloc(1_000_000, 'd');
  client.end(up);
  server.end(down);
  const [gotUp, gotDown] = await Promise.all([all(server), all(client)]);
  assert.ok(gotUp.equals(up) && gotDown.equals(down));
  assert.equal(await ended, 'closed');
  assert.deepEqual([far.bytesWritten, far.bytesRead], [up.length, down.length]);
});

test('the end of one direction is passed on while the other goes on', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const ended = joined(near, far, { idleTimeoutMs: 5_000 });
  client.end('question');
  assert.equal((await all(server)).toString(), 'question');
  server.end('answer');
  assert.equal((await all(client)).toString(), 'answer');
  assert.equal(await ended, 'closed');
});

for (const side of ['near', 'far'] as const) {
  test(`a reset on the ${side} side closes the other`, async () => {
    const [client, near] = await pair();
    const [server, far] = await pair();
    const ended = joined(near, far, { idleTimeoutMs: 5_000 });
    const [failing, left] = side === 'near' ? [client, server] : [server, client];
    const heard = new Promise((done) => left.resume().once('end', done).once('close', done));
    failing.resetAndDestroy();
    assert.equal(await ended, 'broken');
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
  assert.equal(await joined(near, far, { idleTimeoutMs: 5_000 }), 'broken');
  client.destroy();
  server.destroy();
});

test('silence ends both', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  assert.equal(await joined(near, far, { idleTimeoutMs: 50 }), 'idle');
  client.destroy();
  server.destroy();
});

test('a piece that waits to be taken is no silence until the system sees none of it go', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const ended = Promise.withResolvers<string>();
  const tunnel = new Tunnel(near, far, {
    idleTimeoutMs: 50,
    count: { up: () => null, down: () => null },
    over: ended.resolve,
    closed() {},
  });
  // More than the system keeps for a client that does not read.
  server.on('error', () => {}).write(Buffer.alloc(30_000_000));
  while (near.writableLength === 0) await new Promise((done) => setImmediate(done));
  for (const nowMs of [0, 1_000, 2_000]) tunnel.look(nowMs);
  assert.equal(near.destroyed, false);
  assert.equal(await ended.promise, 'idle');
  client.destroy();
  server.destroy();
});

test('it is told to be over before either side can see so', async () => {
  const [client, near] = await pair();
  const [server, far] = await pair();
  const seen: string[] = [];
  client.resume().on('end', () => seen.push('client heard the end'));
  const over = () => seen.push('over');
  const ended = joined(near, far, { idleTimeoutMs: 5_000, over });
  client.end('question');
  await all(server);
  server.end(Buffer.alloc(3_000_000));
  assert.equal(await ended, 'closed');
  if (seen.length < 2) await once(client, 'end');
  assert.deepEqual(seen, ['over', 'client heard the end']);
});

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}
