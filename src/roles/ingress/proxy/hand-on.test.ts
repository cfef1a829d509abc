// The door in front of a program that opens its own socket: as many at once as were declared.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { listen } from '../../../net/listen.ts';
import { freePort } from '../../../testing/free-port.ts';
import { tempDir } from '../../../testing/temp-dir.ts';
import { handOn } from './hand-on.ts';

/** What was said to it before it ended. */
async function heardBy(client: Socket): Promise<string> {
  const pieces: string[] = [];
  client.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  if (!client.closed) await once(client, 'close');
  return pieces.join('');
}

test('more connections than declared are not led on, and one that ends makes room', async () => {
  using folder = tempDir();
  const port = await freePort();
  const handedOn = await handOn(`tcp:127.0.0.1:${port}`, folder.path, 2);
  const led: Socket[] = [];
  const program = createServer((socket) => led.push(socket.on('error', () => {})));
  await listen(program, handedOn.address);
  await handedOn.begin();
  const dial = () => connect(port, '127.0.0.1').on('error', () => {});
  try {
    const first = dial();
    while (led.length < 1) await once(program, 'connection');
    const second = dial();
    while (led.length < 2) await once(program, 'connection');
    const refused = dial();
    await Promise.race([once(refused, 'close'), once(program, 'connection')]);
    assert.equal(led.length, 2);
    for (const socket of led) socket.end('led on');
    first.end();
    second.end();
    assert.deepEqual([await heardBy(first), await heardBy(second)], ['led on', 'led on']);
    // It may not know yet that they have gone.
    for (let tries = 0; tries < 200 && led.length < 3; tries += 1) {
      const third = dial();
      await Promise.race([once(program, 'connection'), once(third, 'close')]);
      third.destroy();
    }
    assert.equal(led.length, 3);
  } finally {
    for (const socket of led) socket.destroy();
    await handedOn.close();
    program.close();
  }
});
