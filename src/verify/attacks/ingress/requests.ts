// Requests from the world, one for each known trick: smuggling, rebinding, paths that two servers
// read in two ways, pages of other origins. What the ingress's own tests send it, too.

import type { Reason } from '../../../policy/reasons.ts';
import type { WireAttack } from '../model.ts';

/** Stands for the ingress's own host and port. */
export const hostMark = 'HOST';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n';

type Row = readonly [tries: string, bytes: string, status: number];

/** Where a status says no more than what it always says here. */
const reasonOf: Readonly<Record<number, Reason>> = {
  400: 'request-malformed',
  401: 'token-wrong',
  403: 'origin-foreign',
  413: 'limit-body',
  421: 'host-unknown',
  501: 'method-refused',
  505: 'request-malformed',
};

function table(rows: readonly Row[]): readonly WireAttack[] {
  return rows.map(([tries, bytes, status]) => ({
    ...{ tries, bytes, status },
    reason: reasonOf[status] ?? 'request-malformed',
  }));
}

export const requestAttacks = table([
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
  [
    'an upgrade with a body',
    `GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 44\r\n\r\n${smuggled}`,
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
  [
    'announce more than a body may have',
    'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999\r\n\r\n',
    413,
  ],
]);

export const upgradeAttacks: readonly WireAttack[] = table([
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
    'an upgrade by POST',
    'POST / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    400,
  ],
]).map((row) => ({ ...row, reason: 'upgrade-refused' }));

const metrics = 'GET /metrics HTTP/1.1\r\nHost: HOST\r\n';

/** At a route that asks for a token of its own. */
export const bearerAttacks = table([
  ['metrics without its token', 'GET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n', 401],
  [
    'metrics with two tokens',
    'GET /metrics HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer the-metrics-token\r\nAuthorization: Bearer x\r\n\r\n',
    401,
  ],
  ['metrics with an empty token', `${metrics}Authorization: Bearer \r\n\r\n`, 401],
  ['metrics with a token that is none', `${metrics}Authorization: Bearer undefined\r\n\r\n`, 401],
  ['metrics with a password', `${metrics}Authorization: Basic YWRtaW46YWRtaW4=\r\n\r\n`, 401],
  ['metrics with a token in the query', 'GET /metrics?token=x HTTP/1.1\r\nHost: HOST\r\n\r\n', 401],
  ['metrics as if from this machine', `${metrics}X-Forwarded-For: 127.0.0.1\r\n\r\n`, 401],
  [
    'metrics as if forwarded from this machine',
    `${metrics}Forwarded: for=127.0.0.1;host=localhost\r\n\r\n`,
    401,
  ],
  ['metrics as if from the front', `${metrics}CF-Connecting-IP: 127.0.0.1\r\n\r\n`, 401],
  ['metrics as a real address', `${metrics}X-Real-IP: ::1\r\n\r\n`, 401],
  ['metrics under another URL', `${metrics}X-Original-URL: /\r\nX-Rewrite-URL: /\r\n\r\n`, 401],
  ['metrics by another method', `${metrics}X-HTTP-Method-Override: OPTIONS\r\n\r\n`, 401],
  ['metrics as who is signed in', `${metrics}X-Clincher-Caller: metrics\r\n\r\n`, 401],
  ['metrics below its path', 'GET /metrics/agent HTTP/1.1\r\nHost: HOST\r\n\r\n', 401],
]);
