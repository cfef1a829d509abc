// Health as the supervisor asks for it: whatever a service puts in its folder, the answer is a
// value.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { askHealth } from './readiness.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clincher-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a health that can be read is told as it is', async () => {
  assert.deepEqual(await ask((_, response) => response.end('{"ready":true}')), { ready: true });
  const health = { ready: false, detail: 'no key' };
  assert.deepEqual(await ask((_, response) => response.end(JSON.stringify(health))), health);
});

test('every other answer is not ready, and the detail says how', async () => {
  const rows: readonly (readonly [string, RequestListener, RegExp])[] = [
    ['not JSON', (_, response) => response.end('ready'), /does not answer/],
    ['another shape', (_, response) => response.end('{"ready":"yes"}'), /cannot be read/],
    ['too long', (_, response) => response.end('x'.repeat(100_000)), /too long/],
    ['no answer', () => {}, /does not answer/],
    ['hung up', (request) => request.socket.destroy(), /ECONNRESET/],
  ];
  for (const [name, listener, detail] of rows) {
    const health = await ask(listener);
    assert.equal(health.ready, false, name);
    assert.match(health.detail ?? '', detail, name);
  }
});

test('a folder without a socket, or with a link to one of the host, is not asked', async () => {
  assert.match((await askHealth(folder, 500)).detail ?? '', /has not opened/);
  let asked = 0;
  const elsewhere = mkdtempSync(join(tmpdir(), 'clincher-test-'));
  const server = createServer((_, response) => {
    asked += 1;
    response.end('{"ready":true}');
  });
  await once(server.listen(join(elsewhere, 'host.sock')), 'listening');
  symlinkSync(join(elsewhere, 'host.sock'), join(folder, 'sock'));
  assert.match((await askHealth(folder, 500)).detail ?? '', /is not a socket/);
  server.close();
  rmSync(elsewhere, { recursive: true });
  rmSync(join(folder, 'sock'));
  writeFileSync(join(folder, 'sock'), '');
  assert.match((await askHealth(folder, 500)).detail ?? '', /is not a socket/);
  assert.equal(asked, 0);
});

async function ask(listener: RequestListener) {
  const server = createServer(listener);
  await once(server.listen(join(folder, 'sock')), 'listening');
  try {
    return await askHealth(folder, 500);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(join(folder, 'sock'), { force: true });
  }
}
