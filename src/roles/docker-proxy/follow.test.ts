// Answers that go on: events line by line to whose they are, logs and waits as they come.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { headText } from '../../net/http1/write-answer.ts';
import {
  callText,
  collect,
  ownedBy,
  startDockerProxy,
  type TestDockerProxy,
} from '../../testing/docker-proxy.ts';

/** The daemon's side of the next call to a path, once it is asked. */
function takeOver(proxy: TestDockerProxy, path: RegExp): Promise<Socket> {
  const taken = Promise.withResolvers<Socket>();
  proxy.docker.instead = ({ path: asked }, socket) => {
    if (!path.test(asked)) return false;
    const type = ['Content-Type', 'application/json', 'Transfer-Encoding', 'chunked'];
    socket.write(headText(200, type));
    taken.resolve(socket);
    return true;
  };
  return taken.promise;
}

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const event = (owner: string | null, action: string) => {
  const Attributes = owner === null ? { name: 'x' } : { ...ownedBy(owner), name: 'x' };
  return `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: 'a', Attributes } })}\n`;
};

const observer = {
  callers: { gateway: { profile: 'observe' as const } },
  limits: { eventBytesMax: 2_000 },
};

test('events are those of this stack, wherever the daemon cuts its lines', async () => {
  await using proxy = await startDockerProxy(observer);
  const daemon = takeOver(proxy, /^\/events/);
  const client = proxy.dial();
  const got = collect(client);
  client.write(callText('GET', '/events'));
  const socket = await daemon;
  const text = event('gateway', 'start') + event(null, 'die') + event('other', 'kill');
  for (const piece of text.match(/[\s\S]{1,17}/g) ?? []) socket.write(chunk(piece));
  socket.write(chunk(`no JSON\n${event(null, 'destroy')}`));
  const long = event('gateway', 'x'.repeat(3_000));
  socket.write(chunk(long.slice(0, 2_500)));
  socket.write(chunk(`${long.slice(2_500)}${long}${event('gateway', 'stop')}`));
  socket.end('0\r\n\r\n');
  const all = await got.ended();
  assert.deepEqual(
    [...all.matchAll(/"Action":"(\w+)"/g)].map(([, action]) => action),
    ['start', 'kill', 'stop'],
  );
  assert.ok(!all.includes('no JSON') && !all.includes('xxx'));
});

test('logs are followed as they come, and end when either side does', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const daemon = takeOver(proxy, /\/logs/);
  const client = proxy.dial();
  const got = collect(client);
  client.write(callText('GET', `/containers/${Id}/logs?stdout=1&follow=1`));
  const socket = await daemon;
  socket.write(chunk('one\n'));
  await got.until(/one\n/);
  socket.write(chunk('two\n'));
  await got.until(/two\n/);
  const left = new Promise((resolve) => socket.once('close', resolve));
  client.destroy();
  await left;
  assert.equal((await proxy.recorded(1)).end, 'client-gone');
});

test('a stream that the daemon cuts is cut, not ended', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const daemon = takeOver(proxy, /\/logs/);
  const client = proxy.dial();
  const got = collect(client);
  client.write(callText('GET', `/containers/${Id}/logs?stdout=1&follow=1`));
  const socket = await daemon;
  socket.write(chunk('one\n'));
  await got.until(/one\n/);
  socket.destroy();
  assert.ok(!(await got.ended()).endsWith('0\r\n\r\n'), 'without the last chunk');
  assert.equal((await proxy.recorded(1)).end, 'broken');
});

test('a slow reader slows the daemon down', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const daemon = takeOver(proxy, /\/logs/);
  const client = proxy.dial();
  client.pause();
  client.write(callText('GET', `/containers/${Id}/logs?stdout=1&follow=1`));
  const socket = await daemon;
  const piece = chunk('x'.repeat(65_536));
  let written = 0;
  // Far more than all buffers on the way hold together.
  while (written < 64 * 2 ** 20) {
    written += piece.length;
    if (socket.write(piece)) continue;
    const drained = new Promise((resolve) => socket.once('drain', () => resolve(true)));
    const stuck = new Promise((resolve) => setTimeout(resolve, 300, false));
    if ((await Promise.race([drained, stuck])) === false) break;
  }
  assert.ok(written < 16 * 2 ** 20, `${written} bytes were taken from the daemon`);
});

test('a wait may be silent for longer than other streams', async () => {
  await using proxy = await startDockerProxy({ limits: { streamIdleTimeoutMs: 40 } });
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const daemon = takeOver(proxy, /\/(?:wait|logs)/);
  const client = proxy.dial();
  const got = collect(client);
  client.write(callText('POST', `/containers/${Id}/wait`));
  const socket = await daemon;
  await delay(120);
  socket.write(chunk('{"StatusCode":0}'));
  socket.write('0\r\n\r\n');
  assert.match(await got.ended(), /StatusCode/);
  assert.equal((await proxy.recorded(1)).end, 'closed');
  const logs = proxy.dial();
  logs.write(callText('GET', `/containers/${Id}/logs?stdout=1&follow=1`));
  await collect(logs).ended();
  assert.equal((await proxy.recorded(2)).end, 'docker-stream-idle');
});
