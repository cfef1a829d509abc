// Headers that speak of a body a CONNECT has not got, that contradict the target, or that try to
// steer the proxy.

import type { WireAttack } from '../model.ts';
import { allowedHost, connectTo, malformed, othersHost } from './write.ts';

const to = `${allowedHost}:443`;
const framing = (tries: string, ...headers: string[]) =>
  [tries, connectTo(to, ...headers)] as const;

export const framingAttacks = malformed([
  framing('announce a body', 'Content-Length: 4'),
  framing('announce an empty body', 'content-length: 0'),
  framing('announce a body of a signed length', 'Content-Length: +4'),
  framing('announce two lengths', 'Content-Length: 4', 'Content-Length: 5'),
  framing('announce a list of lengths', 'Content-Length: 4, 4'),
  framing('announce a chunked body', 'Transfer-Encoding: chunked'),
  framing('announce a body that is chunked twice', 'Transfer-Encoding: chunked, chunked'),
  framing('announce an encoding nobody knows', 'Transfer-Encoding: xchunked'),
  framing('hide the encoding behind a tab', 'Transfer-Encoding:\tchunked'),
  framing('announce a length and chunks', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
  framing('announce trailers', 'Trailer: Host'),
  framing('accept trailers', 'TE: trailers'),
  framing('wait for a 100', 'Expect: 100-continue'),
  framing('upgrade to HTTP/2', 'Upgrade: h2c'),
  framing('upgrade to WebSocket', 'Upgrade: websocket', 'Connection: Upgrade'),
  framing('name two hosts', `Host: ${allowedHost}`, 'Host: evil.example'),
  framing('name the same host twice', `Host: ${allowedHost}`, `Host: ${allowedHost}`),
  framing('name another host than the target', 'Host: evil.example:443'),
  framing('name the host on another port', `Host: ${allowedHost}:80`),
  framing('name a host that begins like the target', `Host: ${to}.evil.example`),
  framing('name an empty host', 'Host: '),
  framing('give two request ids', 'X-Request-Id: a', 'x-request-id: b'),
  framing('put a space before the colon', `Host : ${to}`),
  framing('put a tab before the colon', `Host\t: ${to}`),
  framing('fold a header over two lines', 'X: a\r\n Host: evil.example'),
  framing('fold a header with a tab', 'X: a\r\n\tHost: evil.example'),
  framing('begin the headers with a space', ' Host: evil.example'),
  framing('send a header without a name', ': x'),
  framing('send a header without a colon', 'Host'),
  framing('put a bracket into the name of a header', 'Ho[st: x'),
  framing('send more headers than any client does', ...Array<string>(65).fill('X: y')),
]);

/** None of these may make the answer another one: the rule for the caller's socket decides. */
const steering: readonly (readonly [string, string])[] = [
  ['name an allowed host as the forwarded one', `X-Forwarded-Host: ${allowedHost}`],
  ['name an allowed host in Forwarded', `Forwarded: host=${allowedHost};for=127.0.0.1`],
  ['name an allowed host in X-Host', `X-Host: ${allowedHost}`],
  ['name the caller whose host it is', 'X-Clincher-Caller: gateway'],
  ['take a role of Smokescreen', 'X-Smokescreen-Role: gateway'],
  ['come from the proxy itself', 'X-Forwarded-For: 127.0.0.1'],
  ['come from the machine by another header', 'X-Real-IP: ::1'],
  ['override the method', 'X-HTTP-Method-Override: GET'],
  ['rewrite the target', `X-Original-URL: https://${allowedHost}/`],
  ['bring the reason along', 'x-clincher-reason: allowed'],
  ['bring credentials to a socket that asks for none', 'Proxy-Authorization: Basic Z2F0ZXdheTp4'],
  ['be exempt by a Connection list', 'Connection: x-request-id, host'],
  ['keep the connection after the refusal', 'Proxy-Connection: keep-alive'],
  ['pretend to come through another proxy', 'Via: 1.1 egress'],
];

export const steeringAttacks: readonly WireAttack[] = steering.map(([tries, header]) => ({
  tries,
  bytes: connectTo(`${othersHost}:443`, header),
  status: 403,
  reason: 'host-not-allowed',
}));
