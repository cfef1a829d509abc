// What waits for a second hello to be judged is bounded: a client that goes on talking while the
// server says nothing is not read any further.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { holdBack } from '../../net/tunnel-hold.ts';
import { records } from '../../testing/client-hello.ts';
import { dialUnix, temporaryFolder } from '../../testing/wire.ts';
import { SecondHello } from './second-hello.ts';

const first = { serverName: 'api.example.com', isHiding: false };
const piece = records(Buffer.alloc(2 ** 14, 1));

test('a client that talks on while the server is silent is left waiting', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'sock');
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer(accepted.resolve).listen(path);
  await once(server, 'listening');
  const client = dialUnix(path);
  const near = await accepted.promise;
  const hold = new SecondHello(first, null, Buffer.alloc(0));
  let heldMost = 0;
  const watched = new Proxy(hold, {
    get(target, key) {
      if (key === 'near') {
        return (bytes: Buffer) => {
          heldMost += bytes.length;
          return target.near(bytes);
        };
      }
      return Reflect.get(target, key, target);
    },
  });
  const far = new PassThrough() as unknown as Socket;
  holdBack(
    near,
    far,
    watched,
    () => null,
    () => {},
    () => {},
  );
  for (let i = 0; i < 64; i += 1) client.write(piece);
  while (!near.isPaused()) await new Promise((done) => setImmediate(done));
  assert.ok(heldMost > 2 * 2 ** 14 && heldMost < 4 * 65_536, String(heldMost));
  near.destroy();
  client.destroy();
  server.close();
});
