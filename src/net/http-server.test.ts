// When a second request on a connection is one too early, and when its client has only been quick.

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createHttpServer } from './http-server.ts';

const bounds = {
  ...{ connectionsMax: 9, headerBytesMax: 9_999, headerTimeoutMs: 9_000, idleTimeoutMs: 9_000 },
};
const ask = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A connection whose bytes are with the client before the system says that they have left. */
function slowToHear(server: ReturnType<typeof createHttpServer>['server']) {
  let heard = '';
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, _done) {
      heard += bytes;
    },
  });
  server.emit('connection', socket);
  return { says: (text: string) => void socket.push(text), heard: () => heard, socket };
}

function opened() {
  const faults: string[] = [];
  const { server } = createHttpServer(
    bounds,
    null,
    (_, response) => void setImmediate(() => response.end('answer')),
    (fault) => {
      faults.push(fault);
      return 'id';
    },
  );
  return { client: slowToHear(server), faults };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

test('who has the whole answer may ask again, though we have not heard that it left', async () => {
  const { client, faults } = opened();
  client.says(ask);
  await turns(5);
  assert.match(client.heard(), /answer$/);
  client.says(ask);
  await turns(5);
  assert.deepEqual(faults, []);
  client.socket.destroy();
});

test('who asks again before there is an answer is refused, in one piece or in two', async () => {
  const { client, faults } = opened();
  client.says(ask + ask);
  await turns(5);
  assert.deepEqual(faults, ['pipelined']);
  const other = opened();
  other.client.says(ask);
  other.client.says(ask);
  await turns(5);
  assert.deepEqual(other.faults, ['pipelined']);
  for (const { socket } of [client, other.client]) socket.destroy();
});
