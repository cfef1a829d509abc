// The relay around a real child: edges both ways, the id a call inherits, and the agent's life and
// death.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { startRelay, type TestRelay } from '../../testing/relay.ts';
import { dialUnix, exchange, fakeUpstream } from '../../testing/wire.ts';

const isListening = (line: Readonly<Record<string, unknown>>) => line.line === 'listening';

/** Rejects where the agent ends instead. */
async function ready(relay: TestRelay): Promise<void> {
  const failures: unknown[] = [];
  relay.running.failed?.catch((error: unknown) => failures.push(error));
  while (!relay.running.health().ready) {
    if (failures.length > 0) throw failures[0];
    await new Promise((next) => setTimeout(next, 10));
  }
}

test('a turn goes in, its call goes out with the same request id and the agent’s session', async () => {
  await using relay = await startRelay();
  await using llm = await fakeUpstream(`${relay.folder}/llm`, 'from the model');
  await relay.line(isListening);
  const reply = await relay.ask('/turn', { requestId: 'turn-1' });
  assert.deepEqual(reply, { status: 200, body: 'from the model' });
  assert.equal(llm.header('x-request-id'), 'turn-1');
  const out = relay.telemetry.decisions().find(({ direction }) => direction === 'out');
  assert.equal(out?.requestId, 'turn-1');
  assert.equal(out?.inherited, true);
  assert.equal(out?.callee, 'llm');
  assert.equal(out?.session, 'session-1');
});

test('with two turns in flight a call has an id of its own, and both as candidates', async () => {
  await using relay = await startRelay();
  await using llm = await fakeUpstream(`${relay.folder}/llm`, 'x');
  await relay.line(isListening);
  const slow = relay.ask('/slow', { requestId: 'slow-1' });
  await relay.line(({ line }) => line === 'slow');
  await relay.ask('/turn', { requestId: 'turn-2' });
  await relay.ask('/go', { method: 'GET' });
  await slow;
  const [first, second] = relay.telemetry
    .decisions()
    .filter(({ direction }) => direction === 'out');
  assert.equal(first?.inherited, false);
  assert.equal(first?.cause, 'slow-1,turn-2');
  assert.notEqual(first?.requestId, 'of-the-agent');
  assert.equal(second?.requestId, 'slow-1', 'alone again, the slow turn is the cause');
  assert.equal(llm.seen.length, 2);
});

test('an answer streams: its first part arrives while the rest is still to come', async () => {
  const program = `require('node:http').createServer((_, r) => {
    r.write('first'); setTimeout(() => r.end('last'), 200);
  }).listen(process.env.AGENT_PORT, '127.0.0.1', () => console.log('listening'));`;
  await using relay = await startRelay({ program });
  await relay.line(isListening);
  const socket = dialUnix(relay.entry);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes('first')) await once(socket, 'data');
  assert.ok(!text.includes('last'));
  while (!text.includes('last')) await once(socket, 'data');
  socket.destroy();
});

test('a WebSocket upgrade becomes bytes both ways', async () => {
  await using relay = await startRelay();
  await relay.line(isListening);
  const socket = dialUnix(relay.entry);
  socket.write(`${upgradeHead}X-Forwarded-For: 198.51.100.1\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 101 .*upgrade: websocket/is);
  socket.write('ping');
  const [echo] = await once(socket, 'data');
  assert.equal(String(echo), 'ping');
  socket.end();
  const record = await relay.line(({ websocket }) => websocket === true);
  assert.equal(record.requestId, 'ws-1');
});

const upgradeHead =
  'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: ws-1\r\n';

/** To the agent whoever sends one of these would be at this very machine, or at no known place. */
const unnamed: readonly (readonly [string, string])[] = [
  ['nobody', ''],
  ['another header', 'X-Real-IP: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n'],
  ['nothing', 'X-Forwarded-For:\r\n'],
  ['this machine', 'X-Forwarded-For: 127.0.0.1\r\n'],
  ['this machine by another address', 'X-Forwarded-For: 127.9.9.9\r\n'],
  ['this machine, IPv6', 'X-Forwarded-For: ::1\r\n'],
  ['this machine, IPv6 in full', 'X-Forwarded-For: 0:0:0:0:0:0:0:1\r\n'],
  ['this machine, mapped', 'X-Forwarded-For: ::ffff:127.0.0.1\r\n'],
  ['a list', 'X-Forwarded-For: 203.0.113.7, 127.0.0.1\r\n'],
  ['a port', 'X-Forwarded-For: 203.0.113.7:80\r\n'],
  ['a name', 'X-Forwarded-For: localhost\r\n'],
  ['two', 'X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 127.0.0.1\r\n'],
  ['for this hop alone', 'X-Forwarded-For: 203.0.113.7\r\nConnection: x-forwarded-for\r\n'],
];

test('what does not say once and plainly which client it is from never reaches the agent', async () => {
  await using relay = await startRelay();
  await relay.line(isListening);
  const bare = 'POST /turn HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
  for (const [name, header] of unnamed) {
    for (const head of [bare, upgradeHead]) {
      const answer = await exchange(dialUnix(relay.entry), `${head}${header}\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 .*x-clincher-reason: client-unnamed/is, name);
    }
  }
  const refused = relay.telemetry.decisions().filter(({ verdict }) => verdict === 'deny');
  assert.equal(refused.length, unnamed.length * 2);
  assert.ok(refused.every(({ reason }) => reason === 'client-unnamed'));
  assert.ok(!relay.telemetry.decisions().some(({ direction }) => direction === 'out'));
});

test('CONNECT is carried to the callee with a request id, and then bytes', async () => {
  await using relay = await startRelay();
  await using egress = await fakeUpstream(`${relay.folder}/llm`);
  await relay.line(isListening);
  const port = Number(JSON.parse((await relay.ask('/env', { method: 'GET' })).body).LLM_PORT);
  const seen: unknown[] = [];
  egress.server.on('connect', (request, socket) => {
    seen.push(request.url, typeof request.headers['x-request-id']);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(socket);
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n');
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
  socket.write('bytes');
  const [echo] = await once(socket, 'data');
  assert.equal(String(echo), 'bytes');
  assert.deepEqual(seen, ['a.example:443', 'string']);
  socket.destroy();
});

test('a callee that is not there is named in the answer', async () => {
  await using relay = await startRelay();
  await relay.line(isListening);
  const port = Number(JSON.parse((await relay.ask('/env', { method: 'GET' })).body).LLM_PORT);
  for (const method of ['CONNECT a.example:443', 'POST /v1/messages']) {
    const bytes = `${method} HTTP/1.1\r\nHost: a.example\r\n\r\n`;
    const answer = await exchange(connect(port, '127.0.0.1'), bytes);
    assert.match(answer, /^HTTP\/1\.1 503 .*The service llm did not answer/s);
  }
});

test('an edge of bytes carries what is not HTTP, both ways and to the end', async () => {
  const port = await freePort();
  await using relay = await startRelay();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => socket.end(`got ${text}`));
  });
  server.listen(`${relay.folder}/redis`);
  await using raw = await startRelay({
    more: {
      dial: [
        {
          listen: `tcp:127.0.0.1:${port}`,
          callee: 'redis',
          to: `unix:${relay.folder}/redis`,
          protocol: 'tcp',
        },
      ],
    },
  });
  await raw.line(isListening);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('*1\r\nPING');
  const [answer] = await once(socket, 'data');
  assert.equal(String(answer), 'got *1\r\nPING');
  server.close();
});

test('the agent gets exactly its environment, and its output is logged line by line', async () => {
  await using relay = await startRelay();
  await relay.line(isListening);
  const { body } = await relay.ask('/env', { method: 'GET' });
  assert.deepEqual(Object.keys(JSON.parse(body)).toSorted(), ['AGENT_PORT', 'LLM_PORT']);
});

test('a line without an end is logged in pieces, not kept', async () => {
  const program = `process.stdout.write('x'.repeat(50_000)); setInterval(() => {}, 1_000);`;
  await using relay = await startRelay({ program });
  const line = await relay.line(({ event }) => event === 'agent');
  assert.equal(String(line.line).length, 8_192);
});

test('it is ready when the agent answers, and says how long it has been starting until then', async () => {
  await using relay = await startRelay();
  const starting = relay.running.health();
  assert.equal(starting.ready, false);
  assert.match(starting.detail ?? '', /^The agent has been starting for \d+ s\.$/);
  const early = await relay.ask('/turn');
  assert.ok(early.status === 503 || early.status === 200);
  await ready(relay);
  assert.deepEqual(relay.running.health(), { ready: true });
});

test('when the agent dies, the relay fails with what happened and is not ready', async () => {
  await using relay = await startRelay();
  await ready(relay);
  const reply = relay.ask('/die').catch(() => null);
  await assert.rejects(async () => relay.running.failed, {
    code: 'agent-ended',
    message: 'The agent ended with exit code 7.',
  });
  assert.equal(relay.running.health().ready, false);
  assert.equal((await reply)?.status, 503);
});

test('an agent that ignores SIGTERM is killed after the grace, with what it started', async () => {
  const program = `process.on('SIGTERM', () => console.log('no'));
    const child = require('node:child_process').spawn('sleep', ['60']);
    console.log('child ' + child.pid); setInterval(() => {}, 1_000);`;
  const relay = await startRelay({ program, stopGraceMs: 200 });
  const { line } = await relay.line(({ line }) => String(line).startsWith('child'));
  const pid = Number(String(line).slice(6));
  await relay[Symbol.asyncDispose]();
  assert.ok(relay.telemetry.lines().some(({ event }) => event === 'agent-killed'));
  await relay.line(({ line }) => line === 'no');
  await assert.rejects(
    async () => {
      for (let tries = 0; tries < 100; tries += 1) {
        process.kill(pid, 0);
        await new Promise((next) => setTimeout(next, 20));
      }
    },
    { code: 'ESRCH' },
  );
});

test('an agent that heeds SIGTERM is not killed, and its end is no failure', async () => {
  await using relay = await startRelay();
  await ready(relay);
  await relay.running[Symbol.asyncDispose]();
  const ended = relay.telemetry.lines().find(({ event }) => event === 'agent-ended');
  assert.equal(ended?.level, 'info');
  assert.equal(ended?.signal, 'SIGTERM');
  assert.ok(!relay.telemetry.lines().some(({ event }) => event === 'agent-killed'));
});

test('an agent that cannot be started leaves nothing open', async () => {
  const argv = ['/nonexistent/agent'];
  const program = { argv, env: {}, cwd: '/', readyUrl: 'http://127.0.0.1:1/healthz' };
  const port = await freePort();
  const dial = [{ listen: `tcp:127.0.0.1:${port}`, callee: 'llm', to: 'unix:/nowhere' }];
  await assert.rejects(startRelay({ more: { program, dial, listen: [] } }), {
    code: 'agent-missing',
  });
  const [error] = await once(connect(port, '127.0.0.1'), 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});
