// What a listener takes in while its role is too busy to accept anybody.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listen } from './listen.ts';

test('a thousand that connect to a busy role at once are all let in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-listen-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sock');
  const server = createServer((socket) => socket.end('in'));
  t.after(() => server.close());
  await listen(server, `unix:${path}`);
  // All of them in one turn of the event loop, in which the server accepts nobody.
  const sockets = Array.from({ length: 1_000 }, () => connect(path));
  const came = await Promise.allSettled(sockets.map((socket) => once(socket, 'data')));
  const refused = came.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 0, String(refused[0]?.status === 'rejected' && refused[0].reason));
});
