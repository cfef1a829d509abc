// Plain HTTP, forwarded where a rule asks for it and nowhere else: what the host gets to see, and
// the requests that two readers would read in two ways.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { openEgress } from '../../testing/egress.ts';
import { readForwardHead } from './forward-head.ts';

const seen: { request: IncomingMessage; body: string }[] = [];
let server: Server;
let port = 0;

before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ request, body });
    response.end('from the host');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  port = address.port;
});
after(() => server.close());
beforeEach(() => void seen.splice(0));

const rules = (plainHttp: boolean) => [
  { caller: 'llm', hosts: ['box.example'], ports: [port], plainHttp },
  { caller: 'llm', hosts: ['tls.example'], ports: [port] },
];
const open = (plainHttp = true, more: object = {}) =>
  openEgress({
    settings: {
      rules: rules(plainHttp),
      resolve: { 'box.example': ['127.0.0.1'], 'tls.example': ['127.0.0.1'] },
      unsafeAllowAddresses: [`127.0.0.1:${port}`],
      ...more,
    },
  });
const get = (host: string, more = '', body = '') =>
  `GET http://${host}:${port}/a?b=c HTTP/1.1\r\nHost: ${host}:${port}\r\n${more}\r\n${body}`;

test('a request for a host whose rule asks for it is forwarded, and its answer comes back', async () => {
  await using egress = await open();
  const headers =
    'Accept: text/plain\r\nProxy-Connection: x\r\nX-Request-Id: r-1\r\nX-Clincher-A: b\r\n';
  const answer = await egress.send(get('box.example', headers));
  assert.match(answer, /^HTTP\/1\.1 200 OK.*from the host$/s);
  const { method, url, headers: got } = seen[0]?.request ?? {};
  assert.deepEqual([method, url], ['GET', '/a?b=c']);
  assert.deepEqual(got, {
    accept: 'text/plain',
    host: `box.example:${port}`,
    connection: 'close',
  });
  await egress.stop();
  const [decision] = egress.telemetry.decisions();
  assert.deepEqual([decision?.verdict, decision?.requestId], ['allow', 'r-1']);
});

test('a body of a known length goes with it, whenever it comes', async () => {
  await using egress = await open();
  await egress.send(get('box.example', 'Content-Length: 4\r\n', 'body'));
  assert.equal(seen[0]?.body, 'body');
});

const refusals: readonly (readonly [string, boolean, () => string, string])[] = [
  ['where no rule forwards', false, () => get('box.example'), 'method-refused'],
  [
    'that is malformed, where no rule forwards',
    false,
    () => get('box.example').replace('Host: box', 'Host: evil'),
    'method-refused',
  ],
  ['for a host whose rule does not', true, () => get('tls.example'), 'method-refused'],
  ['for a host of no rule', true, () => get('evil.example'), 'host-not-allowed'],
  [
    'with another host in its header',
    true,
    () => get('box.example').replace('Host: box', 'Host: evil'),
    'request-malformed',
  ],
  ['with a request behind it', true, () => get('box.example').repeat(2), 'request-malformed'],
  [
    'with more than its body',
    true,
    () => get('box.example', 'Content-Length: 1\r\n', 'abc'),
    'request-malformed',
  ],
  [
    'in chunks',
    true,
    () => get('box.example', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'request-malformed',
  ],
  ['in origin form', true, () => 'GET / HTTP/1.1\r\nHost: box.example\r\n\r\n', 'method-refused'],
];
for (const [what, plainHttp, bytes, reason] of refusals) {
  test(`a plain request ${what} is ${reason}, and reaches nobody`, async () => {
    await using egress = await open(plainHttp);
    const answer = await egress.send(bytes());
    assert.match(answer, new RegExp(`^HTTP/1\\.1 4.*x-clincher-reason: ${reason}`, 'si'));
    assert.deepEqual(
      egress.telemetry.decisions().map((one) => one.reason),
      [reason],
    );
    assert.equal(seen.length, 0);
  });
}

test('what is forwarded counts against the bounds of a tunnel', async () => {
  await using egress = await open(true, { limits: { bytesUpMax: 40 } });
  assert.match(await egress.send(get('box.example')), /tunnel-bytes-up/);
  assert.equal(seen.length, 0);
});

const head = (line: string, ...more: string[]) =>
  Buffer.from([line, 'Host: a.example', ...more, '', ''].join('\r\n'), 'latin1');
const heads: readonly (readonly [string, Buffer, 'malformed' | 'method'])[] = [
  ['TRACE', head('TRACE http://a.example/ HTTP/1.1'), 'method'],
  ['a method of its own', head('PURGE http://a.example/ HTTP/1.1'), 'method'],
  ['another scheme', head('GET https://a.example/ HTTP/1.1'), 'malformed'],
  ['a user', head('GET http://u@a.example/ HTTP/1.1'), 'malformed'],
  ['a fragment', head('GET http://a.example/#x HTTP/1.1'), 'malformed'],
  ['a backslash', head('GET http://a.example/\\evil HTTP/1.1'), 'malformed'],
  ['a backslash for a slash', head('GET http://a.example\\x/ HTTP/1.1'), 'malformed'],
  ['HTTP 1.0', head('GET http://a.example/ HTTP/1.0'), 'malformed'],
  ['a port of nothing', head('GET http://a.example:/ HTTP/1.1'), 'malformed'],
  ['a port that is none', head('GET http://a.example:65536/ HTTP/1.1'), 'malformed'],
  ['IPv4 in brackets', head('GET http://[127.0.0.1]/ HTTP/1.1'), 'malformed'],
  ['two hosts', head('GET http://a.example/ HTTP/1.1', 'Host: a.example'), 'malformed'],
  ['a folded header', head('GET http://a.example/ HTTP/1.1', 'A: b', ' c'), 'malformed'],
  ['a space before a colon', head('GET http://a.example/ HTTP/1.1', 'A : b'), 'malformed'],
  [
    'two lengths',
    head('GET http://a.example/ HTTP/1.1', 'Content-Length: 1', 'content-length: 1'),
    'malformed',
  ],
  ['a length of two', head('GET http://a.example/ HTTP/1.1', 'Content-Length: 1, 1'), 'malformed'],
  [
    'a length with a sign',
    head('GET http://a.example/ HTTP/1.1', 'Content-Length: +1'),
    'malformed',
  ],
  [
    'a length beyond counting',
    head('GET http://a.example/ HTTP/1.1', `Content-Length: ${'9'.repeat(20)}`),
    'malformed',
  ],
  [
    'a length to be dropped',
    head('GET http://a.example/ HTTP/1.1', 'Connection: content-length'),
    'malformed',
  ],
  ['an upgrade', head('GET http://a.example/ HTTP/1.1', 'Upgrade: websocket'), 'malformed'],
  [
    'a wait for a hundred',
    head('PUT http://a.example/ HTTP/1.1', 'Expect: 100-continue'),
    'malformed',
  ],
];
for (const [what, bytes, why] of heads) {
  test(`a plain request with ${what} is refused`, () => {
    assert.deepEqual(readForwardHead(bytes), { state: 'refused', why });
  });
}

test('whatever is read is written as one request for that host and nothing for a proxy', () => {
  const piece = fc.constantFrom(
    ...['GET ', 'http://', 'a.example', ':80', '/', '?q', ' HTTP/1.1', '\r\n', '\r\n\r\n', '\n'],
    ...['Host: a.example', 'Host: b.example', 'Connection: close', 'Content-Length: 3', 'x: y'],
  );
  const line = 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n';
  const text = fc.oneof(
    fc.array(piece).map((all) => all.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (given, led) => {
      const reading = readForwardHead(
        Buffer.from(led ? `${line}${given}\r\n\r\n` : given, 'latin1'),
      );
      if (reading.state !== 'head') return;
      const { text: written } = reading.head.forward;
      assert.equal(written.match(/\r\n\r\n/g)?.length, 1);
      assert.equal(written.match(/^host:/gim)?.length, 1);
      assert.ok(!/^(proxy-|x-upstream|transfer-encoding)/im.test(written));
    }),
    { numRuns: 2_000 },
  );
});
