// The proxy's wire: whatever breaks its rules is refused with a reason, ends its connection, and
// nothing of it reaches the daemon.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { callText, collect, ownedBy, startDockerProxy } from '../../testing/docker-proxy.ts';

test('the handshake reaches the daemon as a request of our own, and its answer comes back', async () => {
  await using proxy = await startDockerProxy({ profile: 'handshake' });
  const answer = await proxy.send(
    'GET /v1.47/_ping HTTP/1.1\r\nX-Evil: 1\r\nAuthorization: x\r\nX-Registry-Auth: e30\r\n' +
      'Host: evil\r\nConnection: close\r\n\r\n',
  );
  assert.equal(answer.status, 200);
  assert.match(answer.head, /^Api-Version: 1\.47$/m);
  assert.equal(answer.body, 'OK');
  const seen = proxy.docker.seen.at(-1);
  assert.equal(seen?.head.target, '/v1.47/_ping');
  assert.deepEqual(seen?.head.headers, ['host', 'docker']);
});

const get = 'GET /_ping HTTP/1.1\r\nHost: d\r\n';
const post = 'POST /containers/create HTTP/1.1\r\nHost: d\r\n';
const rows: readonly (readonly [trick: string, bytes: string, status: number, reason: string])[] = [
  [
    'both lengths',
    `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'request-malformed',
  ],
  [
    'two lengths',
    `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    400,
    'request-malformed',
  ],
  [
    'a chunk extension',
    `${post}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n`,
    400,
    'request-malformed',
  ],
  [
    'a trailer',
    `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n`,
    400,
    'request-malformed',
  ],
  ['a bare line feed', 'GET /_ping HTTP/1.1\nHost: d\n\n', 400, 'request-malformed'],
  ['a folded header', `${get}X: a\r\n b\r\n\r\n`, 400, 'request-malformed'],
  ['HTTP/1.0', 'GET /_ping HTTP/1.0\r\nHost: d\r\n\r\n', 505, 'request-malformed'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'request-malformed'],
  ['a head that is too large', `${get}X: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'head-too-large'],
  ['a body that is too large', `${post}Content-Length: 300000\r\n\r\n`, 413, 'limit-body'],
  [
    'a chunked body that is too large',
    `${post}Transfer-Encoding: chunked\r\n\r\n40001\r\n${'x'.repeat(262_145)}\r\n0\r\n\r\n`,
    413,
    'limit-body',
  ],
  ['a request behind another', `${get}\r\n${get}\r\n`, 400, 'request-malformed'],
  [
    'a request behind a refused one',
    `POST /build HTTP/1.1\r\nHost: d\r\n\r\n${get}\r\n`,
    403,
    'docker-call-denied',
  ],
  [
    'a request inside a body that the call has not',
    `${get}Content-Length: 40\r\n\r\n${get}\r\n`,
    400,
    'docker-body-refused',
  ],
  [
    'an upgrade where none belongs',
    `${get}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    400,
    'docker-upgrade-refused',
  ],
  [
    'an upgrade to HTTP/2',
    `${get}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    400,
    'docker-upgrade-refused',
  ],
  ['CONNECT', 'CONNECT docker:2375 HTTP/1.1\r\nHost: d\r\n\r\n', 400, 'docker-path-unclear'],
  [
    'an absolute form',
    'GET http://docker/_ping HTTP/1.1\r\nHost: d\r\n\r\n',
    400,
    'docker-path-unclear',
  ],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: d\r\n\r\n', 400, 'docker-path-unclear'],
  ['an encoded path', 'GET /%5Fping HTTP/1.1\r\nHost: d\r\n\r\n', 400, 'docker-path-unclear'],
  [
    'dot segments',
    'GET /_ping/../containers/json HTTP/1.1\r\nHost: d\r\n\r\n',
    400,
    'docker-path-unclear',
  ],
];

test('no trick of the wire makes anything reach the daemon', async (context) => {
  await using proxy = await startDockerProxy();
  for (const [trick, bytes, status, reason] of rows) {
    await context.test(trick, async () => {
      const before = proxy.telemetry.decisions().length;
      const answer = await proxy.send(bytes);
      assert.equal(answer.status, status, answer.body);
      assert.equal(answer.reason, reason);
      assert.match(answer.head, /^Connection: close$/m);
      assert.ok(!answer.body.includes('HTTP/1.1'), 'one answer');
      assert.deepEqual(proxy.docker.seen, []);
      const records = proxy.telemetry.decisions().slice(before);
      assert.deepEqual(
        records.map(({ verdict, reason: why }) => [verdict, why]),
        [['deny', reason]],
      );
    });
  }
});

test('a head and a body that do not come in time are refused', async () => {
  await using proxy = await startDockerProxy({ limits: { headerTimeoutMs: 60 } });
  for (const slow of [get, `${post}Content-Length: 2\r\n\r\n{`]) {
    const answer = await proxy.send(slow);
    assert.equal(answer.status, 408);
    assert.equal(answer.reason, 'head-timeout');
  }
  assert.deepEqual(proxy.docker.acts(), []);
});

test('a connection over the limit is refused, and there is room again when one has ended', async () => {
  await using proxy = await startDockerProxy({ limits: { connectionsMax: 1 } });
  const first = proxy.dial();
  const got = collect(first);
  first.write(`${get}\r\n`);
  await got.until(/OK$/);
  assert.equal((await proxy.call('GET', '/_ping')).reason, 'limit-connections');
  first.end();
  await got.ended();
  assert.equal((await proxy.call('GET', '/_ping')).status, 200);
});

test('several calls go over one connection, and it ends when the client wants it to', async () => {
  await using proxy = await startDockerProxy();
  const client = proxy.dial();
  const got = collect(client);
  client.write(`${get}\r\n`);
  await got.until(/OK$/);
  client.write(`HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n`);
  await got.until(/OK[\s\S]*Content-Length: 2\r\n\r\n$/);
  client.write(callText('GET', '/version'));
  assert.match(await got.ended(), /"ApiVersion":"1\.47"/);
});

test('a client that wants its body asked for is told to go on, or refused before it sends', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const client = proxy.dial();
  const got = collect(client);
  const body = '{"Cmd":["id"]}';
  const head = `POST /containers/${Id}/exec HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\n`;
  client.write(`${head}Content-Length: ${body.length}\r\n\r\n`);
  await got.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.write(body);
  await got.until(/HTTP\/1\.1 201 /);
  const refused = await proxy.send(`${head}Content-Length: 999999\r\n\r\n`);
  assert.equal(refused.status, 413);
});

test('a client that leaves while the daemon works takes the call with it', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  proxy.docker.instead = ({ path }, socket) => {
    if (!path.endsWith('/wait')) return false;
    socket.once('close', () => left.resolve());
    asked.resolve();
    return true;
  };
  const client = proxy.dial();
  client.write(callText('POST', `/containers/${Id}/wait`));
  await asked.promise;
  client.destroy();
  await left.promise;
  assert.equal((await proxy.recorded(1)).reason, 'client-gone');
});

test('a request that comes while another is answered ends both', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', ownedBy('gateway'));
  const asked = Promise.withResolvers<void>();
  proxy.docker.instead = ({ path }) => {
    if (path.endsWith('/wait')) asked.resolve();
    return path.endsWith('/wait');
  };
  const client = proxy.dial();
  const got = collect(client);
  client.write(callText('POST', `/containers/${Id}/wait`));
  await asked.promise;
  client.write(callText('POST', `/containers/${Id}/kill`));
  assert.match(await got.ended(), /^HTTP\/1\.1 400 .*request-malformed/s);
  assert.ok(!proxy.docker.acts().some((act) => act.endsWith('/kill')));
});

test('a client that asks and never reads is not read from any more', async () => {
  await using proxy = await startDockerProxy();
  const { Id } = proxy.docker.add('box', { ...ownedBy('gateway'), large: 'x'.repeat(1_000_000) });
  const client = proxy.dial();
  client.pause();
  const inspect = `GET /containers/${Id}/json HTTP/1.1\r\nHost: d\r\n\r\n`;
  client.write(inspect);
  await proxy.recorded(1);
  client.write(inspect);
  await delay(100);
  assert.equal(proxy.telemetry.decisions().length, 1);
  client.resume();
  await proxy.recorded(2);
});
