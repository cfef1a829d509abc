// The admin sockets, asked over a real Unix socket.

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Health, Running } from '../kit/running.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { openAdmin } from './admin.ts';

async function ask(socketPath: string, path: string, method = 'GET') {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path, method, agent: false }, resolve).on('error', reject).end();
  });
  let body = '';
  for await (const chunk of response) body += chunk;
  const { 'content-type': type, 'x-clincher-reason': reason } = response.headers;
  return { status: response.statusCode, type, reason, body };
}

async function withAdmin(use: (socket: string, set: (h: Health) => void) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'admin-'));
  let health: Health = { ready: true };
  const running: Running = { health: () => health, [Symbol.asyncDispose]: async () => {} };
  const telemetry = createTelemetry('llm', 'llm', () => {}, Date.now);
  const admin = await openAdmin([`unix:${folder}/sock`], running, telemetry);
  try {
    await use(join(folder, 'sock'), (next) => {
      health = next;
    });
  } finally {
    await admin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
}

test('a ready role answers 200, one that is not answers 503 with the reason', async () => {
  await withAdmin(async (socket, set) => {
    assert.equal((await ask(socket, '/healthz')).status, 200);
    set({ ready: false, detail: 'The key is missing.' });
    const answer = await ask(socket, '/healthz');
    assert.equal(answer.status, 503);
    assert.deepEqual(JSON.parse(answer.body), { ready: false, detail: 'The key is missing.' });
  });
});

test('metrics say whether the role is ready, as it is at the time of asking', async () => {
  await withAdmin(async (socket, set) => {
    assert.match((await ask(socket, '/metrics')).body, /^clincher_ready 1$/m);
    set({ ready: false });
    assert.match((await ask(socket, '/metrics')).body, /^clincher_ready 0$/m);
  });
});

test('any other path or method is 404', async () => {
  await withAdmin(async (socket) => {
    const { status, reason } = await ask(socket, '/metrics/../etc');
    assert.deepEqual([status, reason], [404, 'path-unknown']);
    assert.equal((await ask(socket, '/healthz', 'POST')).status, 404);
  });
});

test('the socket is readable by its owner alone and is gone after disposal', async () => {
  let path = '';
  await withAdmin(async (socket) => {
    path = socket;
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
  });
  await assert.rejects(stat(path), { code: 'ENOENT' });
});

test('a socket that cannot be opened rejects and leaves the first one closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'admin-'));
  const running: Running = {
    health: () => ({ ready: true }),
    [Symbol.asyncDispose]: async () => {},
  };
  const telemetry = createTelemetry('llm', 'llm', () => {}, Date.now);
  const addresses = [`unix:${folder}/sock`, `unix:${folder}/missing/sock`];
  await assert.rejects(openAdmin(addresses, running, telemetry), { code: 'EACCES' });
  await assert.rejects(ask(join(folder, 'sock'), '/healthz'), { code: 'ENOENT' });
  await rm(folder, { recursive: true });
});
