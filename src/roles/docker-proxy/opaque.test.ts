// What is passed on unread where the switches of Tecnativa's proxy rule: large bodies as they come,
// and the headers that builds and registries need.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callText, collect, startDockerProxy } from '../../testing/docker-proxy.ts';

const tecnativa = (switches: Record<string, boolean>) => ({
  profile: 'tecnativa' as const,
  template: undefined,
  switches,
});
const builder = tecnativa({ BUILD: true, POST: true, IMAGES: true });

test('a large body goes to the daemon as it comes, with its length and its type', async () => {
  await using proxy = await startDockerProxy(builder);
  const size = 3_000_000;
  const head = `POST /build?t=x HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\n`;
  const answer = await proxy.send(
    `${head}X-Registry-Config: e30=\r\nX-Evil: 1\r\nConnection: close\r\nContent-Length: ${size}\r\n` +
      `\r\n${'x'.repeat(size)}`,
  );
  assert.ok(answer.status > 0);
  const seen = proxy.docker.seen.at(-1);
  assert.equal(seen?.path, '/build?t=x');
  assert.equal(seen?.body.length, size);
  assert.deepEqual(seen?.head.headers, [
    ...['host', 'docker', 'content-type', 'application/x-tar', 'x-registry-config', 'e30='],
    ...['content-length', String(size)],
  ]);
  assert.equal(proxy.telemetry.decisions().at(-1)?.bytesIn, size);
});

test('a body in chunks goes on in chunks', async () => {
  await using proxy = await startDockerProxy(builder);
  const head = 'POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n';
  const client = proxy.dial();
  const got = collect(client);
  client.write(`${head}Connection: close\r\n\r\n3\r\nabc\r\n`);
  client.write('2\r\nde\r\n0\r\n\r\n');
  await got.ended();
  assert.equal(proxy.docker.seen.at(-1)?.body, 'abcde');
});

test('a request behind a body that is passed on is not asked', async () => {
  await using proxy = await startDockerProxy(builder);
  const head = 'POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answer = await proxy.send(`${head}3\r\nabc\r\n0\r\n\r\n${callText('POST', '/build')}`);
  assert.equal(answer.status, 400);
  assert.ok(proxy.docker.acts().length <= 1);
});

test('a body that is cut, broken or too large takes the call with it', async () => {
  await using proxy = await startDockerProxy({
    ...builder,
    limits: { opaqueBodyBytesMax: 300_000, headerTimeoutMs: 100 },
  });
  const chunked = 'POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n';
  const long = 'x'.repeat(0x50000);
  for (const [bytes, reason] of [
    [`${chunked}3;a=b\r\nabc\r\n`, 'request-malformed'],
    [`${chunked}50000\r\n${long}\r\n`, 'limit-body'],
    [`${chunked}3\r\nab`, 'head-timeout'],
    [`POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: 300001\r\n\r\n`, 'limit-body'],
  ] as const) {
    const answer = await proxy.send(bytes);
    assert.equal(answer.reason, reason);
  }
  assert.deepEqual(proxy.docker.acts(), [], 'none came whole');
});

test('what is off is forbidden, in the word that scripts look for', async () => {
  await using proxy = await startDockerProxy(tecnativa({ CONTAINERS: true }));
  const answer = await proxy.call('POST', '/containers/create', { Image: 'x' });
  assert.equal(answer.status, 403);
  assert.match(JSON.parse(answer.body).message, /^403 Forbidden: /);
  assert.equal((await proxy.call('GET', '/containers/json')).status, 200);
});

test('the answer of a HEAD has the length of a body and none', async () => {
  await using proxy = await startDockerProxy(tecnativa({}));
  const client = proxy.dial();
  const got = collect(client);
  client.write('HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n');
  assert.match(await got.until(/\r\n\r\n/), /Content-Length: 2\r\n\r\n$/);
  client.write(callText('GET', '/version'));
  assert.match(await got.ended(), /Content-Length: 2\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});
