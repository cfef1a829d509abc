// Health as the supervisor asks for it: whatever a service puts in its folder, the answer is a
// value.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Worker } from 'node:worker_threads';
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

test('a health that would drive a terminal is shown written out', async () => {
  const health = { ready: true, detail: '\u001b]0;mine\u0007\nllm  ready' };
  const shown = { ready: true, detail: '\\x1b]0;mine\\x07\\x0allm  ready' };
  assert.deepEqual(await ask((_, response) => response.end(JSON.stringify(health))), shown);
});

/** Puts the service's socket and a link to one of the host in its place, in turn, without end. */
const swapping = `
  const { linkSync, renameSync, symlinkSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const { folder, host, stop } = workerData;
  parentPort.postMessage('swapping');
  while (Atomics.load(stop, 0) === 0) {
    symlinkSync(host, folder + '/link');
    renameSync(folder + '/link', folder + '/sock');
    linkSync(folder + '/own', folder + '/again');
    renameSync(folder + '/again', folder + '/sock');
  }
`;

test('the socket that was looked at is the one that is asked, however fast it is swapped', async () => {
  let asked = 0;
  const answering = (told: () => void) =>
    createServer((_, response) => {
      told();
      response.end('{"ready":true}');
    });
  const own = answering(() => {});
  const host = answering(() => {
    asked += 1;
  });
  const elsewhere = mkdtempSync(join(tmpdir(), 'clincher-test-'));
  await once(own.listen(join(folder, 'own')), 'listening');
  await once(host.listen(join(elsewhere, 'host.sock')), 'listening');
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { folder, host: join(elsewhere, 'host.sock'), stop };
  const worker = new Worker(swapping, { eval: true, workerData });
  await once(worker, 'message');
  let answered = 0;
  for (let i = 0; i < 300; i += 1) answered += (await askHealth(folder, 500)).ready ? 1 : 0;
  Atomics.store(stop, 0, 1);
  await once(worker, 'exit');
  own.close();
  host.close();
  rmSync(elsewhere, { recursive: true });
  assert.equal(asked, 0);
  assert.ok(answered > 0, 'its own socket was never there when it was looked at');
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
