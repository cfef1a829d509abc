// A connection to the daemon carries one call after another: who has had an answer, and leaves
// then, ends nobody else's.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../testing/temp-dir.ts';
import { askStream, askWhole } from './ask-daemon.ts';
import { readRest } from './body-port.ts';
import { createAskIdentity } from './daemon-identity.ts';
import { DaemonPool } from './daemon-pool.ts';

const bounds = { timeoutMs: 2_000, bytesMax: 1_000 };
const get = (path: string) => ({ method: 'GET', path, body: null, upgrade: null });

/** Answers at once, but for what is to come late. How many connections it was given. */
async function openDaemon() {
  using opened = new DisposableStack();
  const folder = opened.use(tempDir());
  const server = createServer((request, response) => {
    const answer = request.url === '/info' ? '{"ID":"x"}' : request.url;
    setTimeout(() => response.end(answer), request.url === '/late' ? 200 : 0);
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const path = join(folder.path, 'daemon.sock');
  server.listen(path);
  await once(server, 'listening');
  const pool = new DaemonPool(`unix:${path}`, 1_000, createAskIdentity(1_000));
  const kept = opened.move();
  return {
    pool,
    connections: () => connections,
    [Symbol.dispose]() {
      pool.close();
      server.close();
      kept.dispose();
    },
  };
}

for (const kind of ['read whole', 'taken as it comes'] as const) {
  test(`a call whose answer was ${kind} ends no other when its client leaves`, async () => {
    using daemon = await openDaemon();
    let leave = () => {};
    const onGone = (abandon: () => void) => {
      leave = abandon;
    };
    if (kind === 'read whole') {
      const answer = await askWhole(daemon.pool, get('/first'), bounds, onGone);
      assert.ok('kind' in answer);
    } else {
      const answer = await askStream(daemon.pool, get('/first'), 2_000, false, onGone);
      assert.ok('kind' in answer && answer.kind === 'stream');
      assert.equal(String(await readRest(answer, 1_000)), '/first');
    }
    const late = askWhole(daemon.pool, get('/late'), bounds);
    await new Promise((resolve) => setTimeout(resolve, 20));
    leave();
    const answer = await late;
    assert.ok('kind' in answer, JSON.stringify(answer));
    assert.equal(String(answer.body), '/late');
    assert.equal(daemon.connections(), 1);
  });
}

test('a call whose client leaves before its answer ends at once, and its connection with it', async () => {
  using daemon = await openDaemon();
  const late = askWhole(daemon.pool, get('/late'), bounds, (abandon) => setTimeout(abandon, 20));
  assert.deepEqual(await late, { failed: 'client-gone', error: 'the client left' });
  const answer = await askWhole(daemon.pool, get('/next'), bounds);
  assert.ok('kind' in answer && daemon.connections() === 2);
});
