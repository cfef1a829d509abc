// A Redis that is broken or means harm: whatever it answers, a question takes a bounded time and
// memory, and no money is promised on it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createLog } from '../../../telemetry/log.ts';
import type { LiveTotal } from './gate.ts';
import { RedisGate } from './redis-gate.ts';
import { RedisLink } from './redis-link.ts';
import { sharedRules } from './settings.ts';

const world = systemWorld();
const told = { url: 'redis://redis', instance: 'one', instances: 1, timeoutMs: 50 };
const settings = sharedRules.redis.parse(told);
const about = 'redis_version:7.0.0\r\n';
const total: LiveTotal = {
  id: 'budget',
  read: () => ({
    ...{ id: 'budget', own: 1, limit: 10, isMoney: true, whenGone: undefined },
    untilMs: world.now() + 60_000,
  }),
};

type Answer = string | ((socket: Socket, connection: number) => void);

/** Answers scripts as told, and what a client asks beforehand as a Redis does. */
async function startFake(answer: Answer, { greets = true, timeoutMs = 50 } = {}) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = sockets.size;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const command of bytes
        .toString('latin1')
        .split(/\*\d+\r\n/)
        .filter(Boolean)) {
        const name = command.split('\r\n')[1]?.toLowerCase();
        if (!greets && connection === 1) return;
        if (name === 'info') socket.write(`$${about.length}\r\n${about}\r\n`);
        else if (name !== 'eval') socket.write('+OK\r\n');
        else if (typeof answer === 'string') socket.write(answer);
        else answer(socket, connection);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const dialled: Socket[] = [];
  const dial = async () => {
    const socket = connect(port, '127.0.0.1');
    dialled.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const link = new RedisLink(
    { connect: dial, password: null, timeoutMs },
    'shared',
    world,
    createLog({}, () => {}, Date.now),
  );
  assert.ok(settings !== null);
  const gate = new RedisGate(link, settings, () => [], world);
  return {
    gate,
    bytesRead: () => dialled.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      link[Symbol.dispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const fits = '*1\r\n$4\r\nfits\r\n';
const endless = (socket: Socket) => {
  socket.write('*1\r\n$536870912\r\n');
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const pump = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', pump);
  pump();
};

/** A row per trick. */
const tricks: readonly (readonly [name: string, answer: Answer])[] = [
  ['never answers', () => {}],
  ['answers by halves', '*1\r\n$4\r\nfi'],
  ['speaks another protocol', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['answers with a number', ':5\r\n'],
  ['answers with nothing', '*0\r\n'],
  ['answers with null', '*-1\r\n'],
  ['puts the word one level down', `*1\r\n${fits}`],
  ['answers ten thousand levels down', '*1\r\n'.repeat(10_000)],
  ['announces a list without end', '*1073741824\r\n'],
  ['is loading', '-LOADING Redis is loading the dataset in memory\r\n'],
  ['is another node of a cluster', '-MOVED 3999 127.0.0.1:6381\r\n'],
  ['may only be read', '-READONLY You cannot write against a read only replica.\r\n'],
  ['closes the connection', (socket) => void socket.destroy()],
  [
    'says that a total is too much that was not asked about',
    '*3\r\n$4\r\nover\r\n:9\r\n$1\r\n1\r\n',
  ],
  ['says that too much is too much', '*3\r\n$4\r\nover\r\n:0\r\n$3\r\nall\r\n'],
];

for (const [name, answer] of tricks) {
  test(`a Redis that ${name} is gone: no money is promised, and nobody waits long`, async () => {
    await using fake = await startFake(answer);
    const until = performance.now() + 400;
    while (performance.now() < until) {
      const beganMs = performance.now();
      assert.equal((await fake.gate.ask([total])).kind, 'gone');
      // Twice its time at most: a question may make it to be told everything first.
      assert.ok(performance.now() - beganMs < 2_000);
      await new Promise((next) => setTimeout(next, 20));
    }
  });
}

test('a Redis whose answer has no end is given up before it fills the memory', async () => {
  await using fake = await startFake(endless, { timeoutMs: 5_000 });
  let kind = '';
  // Until there is a connection, every answer is the same at once.
  while (fake.bytesRead() < 1024 * 1024) {
    kind = (await fake.gate.ask([total])).kind;
    await new Promise((next) => setTimeout(next, 20));
  }
  assert.equal(kind, 'gone');
  assert.ok(fake.bytesRead() < 128 * 1024 * 1024, `${fake.bytesRead()} bytes were taken in`);
});

/** As behind a proxy or a firewall that forgot the connection. */
const dead: readonly (readonly [name: string, Answer, boolean])[] = [
  ['from the beginning', fits, false],
  ['once it was used', (socket, connection) => void (connection > 1 && socket.write(fits)), true],
];

for (const [name, answer, greets] of dead) {
  test(`a connection that is dead ${name} is given up for another`, async () => {
    await using fake = await startFake(answer, { greets });
    const until = performance.now() + 10_000;
    let kind = '';
    while (kind !== 'fits' && performance.now() < until) {
      kind = (await fake.gate.ask([total])).kind;
      await new Promise((next) => setTimeout(next, 20));
    }
    assert.equal(kind, 'fits');
  });
}
