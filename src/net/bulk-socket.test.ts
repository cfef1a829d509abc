// A far side that is read in the fast way: what comes out is what went in, also through a reader
// that is slower than the far end, and nothing is read before its time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { joined } from '../testing/joined.ts';
import { BulkSocket } from './bulk-socket.ts';
import { dialAddress } from './dial.ts';

interface Ends {
  readonly client: Socket;
  readonly near: Socket;
  readonly far: Socket;
  readonly server: Socket;
}

async function ends(): Promise<Ends> {
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [near] = (await once(listener, 'connection')) as [Socket];
  const dialled = dialAddress('127.0.0.1', port, 5_000);
  const [server] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  for (const socket of [client, near, server]) socket.on('error', () => {});
  return { client, near, far: await dialled, server };
}

/** No two pieces of it are alike, so a buffer that was overwritten too early shows. */
function numbered(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i += 1) words[i] = Math.imul(i, 2_654_435_761);
  return Buffer.from(words.buffer);
}

for (const [pace, pauseEvery] of [
  ['a fast reader', Number.POSITIVE_INFINITY],
  ['a reader slower than the far end', 4],
] as const) {
  test(`eight megabytes come out as they went in, to ${pace}`, async () => {
    const { client, near, far, server } = await ends();
    assert.ok(far instanceof BulkSocket);
    const ended = joined(near, far, { idleTimeoutMs: 5_000 });
    const sent = numbered(8_000_000);
    server.end(sent);
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.length % pauseEvery !== 0) return;
      client.pause();
      setTimeout(() => client.resume(), 2);
    });
    await once(client, 'end');
    assert.ok(Buffer.concat(chunks).equals(sent), 'the bytes changed on their way');
    client.end();
    server.resume();
    assert.equal(await ended, 'closed');
    assert.equal(far.bytesRead, sent.length);
  });
}

test('nothing is read before it is asked for, and then nothing is missing', async () => {
  const { client, near, far, server } = await ends();
  server.write('early');
  await new Promise((done) => setImmediate(done));
  assert.equal(far.bytesRead, 0);
  void joined(near, far, { idleTimeoutMs: 5_000 });
  const [got] = (await once(client, 'data')) as [Buffer];
  assert.equal(got.toString(), 'early');
  for (const socket of [client, near, far, server]) socket.destroy();
});

test('what one socket was lent is not written over by what another reads', async () => {
  const all = await Promise.all([ends(), ends()]);
  const lent = all.map(({ far, server }, index) => {
    server.write(`said by ${index}`);
    return new Promise<Buffer>((resolve) => {
      const keep = (bytes: Buffer) => {
        resolve(bytes);
        return false;
      };
      if (far instanceof BulkSocket) far.readInto(keep);
    });
  });
  const texts = (await Promise.all(lent)).map(String);
  for (const socket of all.flatMap((one) => Object.values(one))) socket.destroy();
  assert.deepEqual(texts, ['said by 0', 'said by 1']);
});

test('a watch ends the tunnel before the bytes over its bound are passed on', async () => {
  const { client, near, far, server } = await ends();
  let left = 10;
  const down = (bytes: number) => {
    left -= bytes;
    return left < 0 ? ('too-much' as const) : null;
  };
  const ended = joined(near, far, { idleTimeoutMs: 5_000, down });
  server.write('0123456789');
  const [got] = (await once(client, 'data')) as [Buffer];
  server.write('x');
  let more = '';
  client.on('data', (chunk) => {
    more += chunk;
  });
  assert.equal(await ended, 'too-much');
  assert.deepEqual([got.toString(), more], ['0123456789', '']);
  client.destroy();
  server.destroy();
});
