// Requests written byte by byte over TLS, one per known trick. None of them may reach a service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIngress } from '../../testing/ingress.ts';
import { dialTls, exchange, fakeUpstream } from '../../testing/wire.ts';

const gateway = { prefix: '/', service: 'gateway', to: 'gw' };
const metrics = { prefix: '/metrics', service: 'metrics', to: 'mx', bearerFile: 'token' };

/**
 * `HOST` stands for the ingress's own host; `SMUGGLED` is a second request that must never be one.
 */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n';
const attacks: readonly (readonly [trick: string, bytes: string, status: number])[] = [
  [
    'length and chunked',
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'chunked and length',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'two lengths',
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'a list of lengths',
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0, 0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'a signed length',
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: +0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'a hexadecimal length',
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'identity coding',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: identity\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'chunked twice',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'gzip before chunked',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'chunked in two headers',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'an odd coding',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'a blank before the colon',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'a folded header',
    `POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: HOST\n\n', 400],
  ['a bare carriage return in a value', 'GET / HTTP/1.1\r\nHost: HOST\r\nX: a\rb\r\n\r\n', 400],
  ['a zero byte in a value', 'GET / HTTP/1.1\r\nHost: HOST\r\nX: a\0b\r\n\r\n', 400],
  ['a header without a name', 'GET / HTTP/1.1\r\nHost: HOST\r\n: x\r\n\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n', 400],
  ['two equal hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n', 400],
  ['a rebound name', 'GET / HTTP/1.1\r\nHost: evil.example:8443\r\n\r\n', 421],
  ['the right name on another port', 'GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n', 421],
  ['the right name without its port', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 421],
  ['a trailing dot', 'GET / HTTP/1.1\r\nHost: localhost.:1\r\n\r\n', 421],
  ['a user in the host', 'GET / HTTP/1.1\r\nHost: HOST@evil.example\r\n\r\n', 400],
  ['an address', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 421],
  ['an absolute target', 'GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['an absolute target of our own', 'GET https://HOST/ HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['an authority in the path', 'GET //evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['the asterisk', 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['CONNECT', 'CONNECT 198.51.100.1:443 HTTP/1.1\r\nHost: HOST\r\n\r\n', 501],
  ['TRACE', 'TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n', 501],
  ['a WebDAV method', 'PROPFIND / HTTP/1.1\r\nHost: HOST\r\n\r\n', 501],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: HOST\r\n\r\n', 505],
  ['HTTP/0.9', 'GET /\r\n\r\n', 505],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a dot segment', 'GET /a/../metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['an encoded dot segment', 'GET /a/%2e%2E/metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  [
    'a dot segment behind an encoded slash',
    'GET /a%2f..%2fmetrics HTTP/1.1\r\nHost: HOST\r\n\r\n',
    400,
  ],
  ['a backslash', 'GET /a\\..\\metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['a fragment', 'GET /#/../metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['an encoded zero byte', 'GET /%00 HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['a broken escape', 'GET /%zz HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['a byte above ASCII', 'GET /\xff HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['metrics without its token', 'GET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 401],
  [
    'metrics with two tokens',
    'GET /metrics HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer the-metrics-token\r\nAuthorization: Bearer x\r\n\r\n',
    401,
  ],
  [
    'h2c',
    'GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
    400,
  ],
  [
    'two protocols to upgrade to',
    'GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n',
    400,
  ],
  [
    'an upgrade with a body',
    `GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 44\r\n\r\n${smuggled}`,
    400,
  ],
  [
    'an upgrade by POST',
    'POST / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    400,
  ],
  [
    'a WebSocket from another origin',
    'GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    403,
  ],
  [
    'a WebSocket from an opaque origin',
    'GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: null\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    403,
  ],
  [
    'a form of another origin',
    'POST / HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n',
    403,
  ],
  [
    'two origins',
    'POST / HTTP/1.1\r\nHost: HOST\r\nOrigin: https://HOST\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n',
    400,
  ],
];

test('no trick reaches a service, and each is refused with its status and recorded', async (context) => {
  await using ingress = await startIngress([gateway, metrics]);
  await using behind = await fakeUpstream(`${ingress.folder}/gw`);
  await using numbers = await fakeUpstream(`${ingress.folder}/mx`);
  for (const [trick, bytes, status] of attacks) {
    await context.test(trick, async () => {
      const before = ingress.telemetry.decisions().length;
      const text = bytes.replaceAll('HOST', `localhost:${ingress.port}`);
      const answer = await exchange(dialTls(ingress.tls), text);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 200));
      assert.match(answer, /\r\nx-clincher-reason: /i);
      assert.equal(
        answer.split('HTTP/1.1 ').length,
        2,
        'one answer, and the connection ends with it',
      );
      assert.deepEqual([behind.seen, numbers.seen], [[], []]);
      const records = ingress.telemetry.decisions().slice(before);
      assert.ok(records.length > 0 && records.every(({ verdict }) => verdict === 'deny'));
    });
  }
});

test('the same wire, used well, reaches the service: the attacks above fail for their trick', async () => {
  await using ingress = await startIngress([gateway]);
  await using behind = await fakeUpstream(`${ingress.folder}/gw`);
  const last = `Host: localhost:${ingress.port}\r\nConnection: close\r\n`;
  const good = [
    `POST / HTTP/1.1\r\n${last}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${last}Origin: ${ingress.origin}\r\nContent-Length: 5\r\n\r\nhello`,
    `GET /a%2Fb?q={x|y} HTTP/1.1\r\n${last}Origin: https://evil.example\r\n\r\n`,
  ];
  for (const bytes of good) {
    assert.match(await exchange(dialTls(ingress.tls), bytes), /^HTTP\/1\.1 200 /, bytes);
  }
  assert.equal(behind.seen.length, 3);
  assert.equal(behind.seen[0]?.body, 'hello');
});
