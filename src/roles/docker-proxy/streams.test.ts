// Connections that become streams: both ways of asking for one, each end told to the other side,
// one side going away, and the limits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  callText,
  collect,
  ownedBy,
  startDockerProxy,
  type TestDockerProxy,
} from '../../testing/docker-proxy.ts';

async function newExec(proxy: TestDockerProxy, caller = 'gateway'): Promise<string> {
  const { Id } = proxy.docker.add(`box-${proxy.docker.containers.size}`, ownedBy(caller));
  const body = { Cmd: ['cat'], AttachStdin: true, AttachStdout: true };
  const answer = await proxy.call('POST', `/v1.47/containers/${Id}/exec`, body, caller);
  assert.equal(answer.status, 201, answer.body);
  return JSON.parse(answer.body).Id;
}

const start = '{"Detach":false,"Tty":false}';
const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';

function startText(id: string, extra = upgrade): string {
  const length = `Content-Length: ${start.length}\r\n`;
  return `POST /v1.47/exec/${id}/start HTTP/1.1\r\nHost: d\r\n${extra}${length}\r\n${start}`;
}

for (const [name, extra, status] of [
  ['that asks for an upgrade', upgrade, '101 UPGRADED'],
  ['that asks for none', '', '200 OK'],
] as const) {
  test(`a start ${name} becomes a stream, and the end of stdin reaches the command`, async () => {
    await using proxy = await startDockerProxy();
    const id = await newExec(proxy);
    const client = proxy.dial();
    const got = collect(client);
    client.write(startText(id, extra));
    assert.match(await got.until(/\r\n\r\n/), new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
    assert.match(got.text(), /Content-Type: application\/vnd\.docker\.raw-stream/);
    client.write('one\n');
    await got.until(/one\n$/);
    client.end('two\n');
    // What the command says after its stdin has ended still arrives.
    assert.match(await got.ended(), /one\ntwo\n\[stdin is over\]$/);
    const record = await proxy.recorded(2);
    assert.equal(record.end, 'closed');
    assert.equal(record.bytesIn, 8);
    assert.equal(record.exec, id);
  });
}

test('resizing and asking go on beside a stream that is open', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  await got.until(/\r\n\r\n/);
  assert.equal((await proxy.call('POST', `/exec/${id}/resize?h=10&w=20`)).status, 200);
  assert.equal((await proxy.call('GET', `/exec/${id}/json`)).status, 200);
  client.write('still there');
  await got.until(/still there$/);
});

test('a large output arrives whole though its reader is slow', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  const size = 8 * 2 ** 20;
  proxy.docker.run = (socket) => socket.end(Buffer.alloc(size, 'x'));
  const client = proxy.dial();
  client.write(startText(id));
  let bytes = 0;
  client.pause();
  await delay(50);
  for await (const chunk of client) bytes += (chunk as Buffer).length;
  assert.ok(bytes > size && bytes < size + 1_000, String(bytes));
});

test('a client that goes away takes the stream to the daemon with it', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  const gone = Promise.withResolvers<void>();
  proxy.docker.run = (socket) => {
    const talk = setInterval(() => socket.write('more'), 5);
    socket.resume().once('close', () => {
      clearInterval(talk);
      gone.resolve();
    });
  };
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  await got.until(/\r\n\r\n/);
  client.destroy();
  await gone.promise;
});

test('a daemon that goes away ends the client', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  proxy.docker.run = (socket) => socket.destroy();
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  assert.match(await got.ended(), /^HTTP\/1\.1 101 UPGRADED/);
});

test('when the command is over so is the stream, though nobody closes the other direction', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  // As the daemon does: it shuts its side down, and neither reads nor closes.
  proxy.docker.run = (socket) => socket.pause().end('done');
  const client = proxy.dial('gateway', { allowHalfOpen: true });
  const got = collect(client);
  client.write(startText(id));
  assert.match(await got.ended(), /done$/);
  assert.equal((await proxy.recorded(2)).end, 'closed');
});

test('bytes that come before the daemon has answered end the call', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  proxy.docker.instead = ({ path }, socket) => {
    if (!path.endsWith('/start')) return false;
    socket.once('close', () => left.resolve());
    asked.resolve();
    return true;
  };
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  await asked.promise;
  client.write('early');
  assert.match(await got.ended(), /^HTTP\/1\.1 400 .*request-malformed/s);
  await left.promise;
});

test('a stream that carries nothing is closed, and the record says why', async () => {
  await using proxy = await startDockerProxy({ limits: { streamIdleTimeoutMs: 60 } });
  const id = await newExec(proxy);
  const client = proxy.dial();
  client.write(startText(id));
  await collect(client).ended();
  assert.equal((await proxy.recorded(2)).end, 'docker-stream-idle');
});

test('a stream is closed at its age, however busy it is', async () => {
  await using proxy = await startDockerProxy({ limits: { streamAgeMs: 120 } });
  const id = await newExec(proxy);
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  await got.until(/\r\n\r\n/);
  const busy = setInterval(() => client.write('x'), 10);
  await got.ended();
  clearInterval(busy);
  assert.equal((await proxy.recorded(2)).end, 'docker-stream-too-old');
});

test('no more streams are open at once than one caller may have', async () => {
  await using proxy = await startDockerProxy({ limits: { streamsMax: 1 } });
  const [first, second] = [await newExec(proxy), await newExec(proxy)];
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(first));
  await got.until(/\r\n\r\n/);
  const refused = await proxy.send(startText(second));
  assert.equal(refused.status, 429);
  assert.equal(refused.reason, 'docker-streams-too-many');
  // The other caller has its own.
  const others = await newExec(proxy, 'other');
  const its = proxy.dial('other');
  const theirs = collect(its);
  its.write(startText(others));
  await theirs.until(/^HTTP\/1\.1 101/);
  client.end();
  await got.ended();
  const again = proxy.dial();
  again.write(startText(second));
  await collect(again).until(/^HTTP\/1\.1 101/);
});

test('bytes ahead of the answer are refused, and the command is not started', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  const before = proxy.docker.acts().length;
  const refused = await proxy.send(`${startText(id)}${callText('GET', '/containers/json')}`);
  assert.equal(refused.status, 400);
  assert.equal(refused.reason, 'request-malformed');
  assert.equal(proxy.docker.acts().length, before);
  assert.equal(proxy.telemetry.decisions().at(-1)?.fault, 'pipelined');
});

test('an answer to a start that is none is given on, and the connection can go on', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  proxy.docker.instead = ({ path }, socket) => {
    if (!path.endsWith('/start')) return false;
    const body = '{"message":"container x is not running"}';
    socket.write(`HTTP/1.1 409 Conflict\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return true;
  };
  const client = proxy.dial();
  const got = collect(client);
  client.write(startText(id));
  await got.until(/is not running/);
  assert.match(got.text(), /^HTTP\/1\.1 409 /);
  client.write(`GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n`);
  await got.until(/\r\n\r\nOK$/);
});

test('an exec id is of use to the caller it was made for, and to nobody else', async () => {
  await using proxy = await startDockerProxy();
  const id = await newExec(proxy);
  for (const wrong of [id.slice(0, 12), id.toUpperCase(), 'f'.repeat(64)]) {
    const refused = await proxy.send(startText(wrong));
    assert.equal(refused.reason, 'docker-not-found', wrong);
  }
  const refused = await proxy.send(startText(id), 'other');
  assert.equal(refused.status, 404);
  assert.equal(JSON.parse(refused.body).message, `No such exec instance: ${id}`);
  assert.deepEqual(
    proxy.docker.acts().filter((act) => act.endsWith('/start')),
    [],
  );
});
