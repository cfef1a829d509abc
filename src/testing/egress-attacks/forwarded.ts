// Plain HTTP requests to be forwarded, where a rule allows that at all: whatever the proxy and the
// host behind it could read in two ways, and ways round the one host that is allowed.

import type { Reason } from '../../policy/reasons.ts';
import { allowedHost, head, malformed, othersHost } from '../../verify/attacks/egress/write.ts';
import type { WireAttack } from '../../verify/attacks/model.ts';

const host = `Host: ${allowedHost}`;
const get = (target: string, ...headers: string[]) => head(`GET ${target} HTTP/1.1`, ...headers);
const url = `http://${allowedHost}/`;
const post = (...headers: string[]) => head(`POST ${url} HTTP/1.1`, host, ...headers);

const ambiguous = malformed([
  ['name another Host', get(url, 'Host: evil.example')],
  ['name the Host on another port', get(url, `${host}:8080`)],
  ['name no Host', get(url)],
  ['name two Hosts', get(url, host, 'Host: evil.example')],
  ['name the Host twice', get(url, host, host)],
  ['end the Host with a dot', get(url, `${host}.`)],
  ['send a chunked body', `${post('Transfer-Encoding: chunked')}0\r\n\r\n`],
  [
    'send chunks and a length',
    `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  ['send an encoding that is none', post('Transfer-Encoding: identity')],
  ['send two lengths', `${post('Content-Length: 1', 'Content-Length: 2')}ab`],
  ['send a list of lengths', `${post('Content-Length: 1, 1')}a`],
  ['send a signed length', `${post('Content-Length: +1')}a`],
  ['send a negative length', post('Content-Length: -1')],
  ['send a length in hexadecimal', `${post('Content-Length: 0x1')}a`],
  ['send a length that no number holds', post('Content-Length: 99999999999999999999')],
  ['send a length with a space in it', `${post('Content-Length: 1 1')}a`],
  [
    'have the length dropped on the way',
    `${post('Content-Length: 1', 'Connection: content-length')}a`,
  ],
  ['have the Host dropped on the way', get(url, host, 'Connection: host')],
  ['upgrade to WebSocket', get(url, host, 'Connection: Upgrade', 'Upgrade: websocket')],
  ['upgrade to HTTP/2', get(url, host, 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ')],
  ['wait for a 100', post('Content-Length: 1', 'Expect: 100-continue')],
  ['announce trailers', post('Trailer: Host')],
  ['fold a header', get(url, host, 'X: a\r\n Host: evil.example')],
  ['put a space before a colon', get(url, `Host : ${allowedHost}`)],
  ['end a line with a bare line feed', get(url, `${host}\nHost: evil.example`)],
  ['end a line with a bare carriage return', get(url, `${host}\rHost: evil.example`)],
  ['put a NUL into a header', get(url, host, 'X: a\0b')],
  ['put a user part before the host', get(`http://user@${allowedHost}/`, host)],
  ['put the real host behind a user part', get(`http://${allowedHost}@evil.example/`, host)],
  ['end the host with a backslash', get(`http://${allowedHost}\\@evil.example/`, host)],
  ['end the host with a fragment', get(`http://${allowedHost}#@evil.example/`, host)],
  ['bring a fragment', get(`${url}a#b`, host)],
  ['leave the host out', get('http:///', host)],
  ['name the scheme in capitals', get(`HTTP://${allowedHost}/`, host)],
  ['have it do the TLS', get(`https://${allowedHost}/`, host)],
  ['speak HTTP/1.0', head(`GET ${url} HTTP/1.0`, host)],
  ['put a space into the path', get(`${url}a b`, host)],
]);

function refused(reason: Reason, status: number, rows: readonly (readonly [string, string])[]) {
  return rows.map(([tries, bytes]): WireAttack => ({ tries, bytes, status, reason }));
}

/** Refused only once the host is reached, because until then nothing is passed on anyway. */
export const forwardBodyAttacks = malformed([
  [
    'put a second request behind it',
    get(url, host) + get('http://evil.example/', 'Host: evil.example'),
  ],
  ['put bytes behind the body', `${post('Content-Length: 1')}ab`],
]);

export const forwardAttacks: readonly WireAttack[] = [
  ...ambiguous,
  ...refused('host-not-allowed', 403, [
    ['reach a host without a rule', get('http://evil.example/', 'Host: evil.example')],
    ['reach the host of another caller', get(`http://${othersHost}/`, `Host: ${othersHost}`)],
    ['reach the machine', get('http://127.0.0.1/', 'Host: 127.0.0.1')],
    ['reach the metadata service', get('http://169.254.169.254/', 'Host: 169.254.169.254')],
  ]),
  ...refused('port-not-allowed', 403, [
    ['reach its TLS port in the clear', get(`http://${allowedHost}:443/`, `${host}:443`)],
    ['reach another port', get(`http://${allowedHost}:8080/`, `${host}:8080`)],
  ]),
  ...refused('host-malformed', 400, [
    ['write the address as a number', get('http://2130706433/', 'Host: 2130706433')],
    ['end the name with a dot', get(`http://${allowedHost}./`, `${host}.`)],
  ]),
  ...refused('method-refused', 405, [
    ['have the request echoed', head(`TRACE ${url} HTTP/1.1`, host)],
    ['use a method nobody knows', head(`PURGE ${url} HTTP/1.1`, host)],
    ['treat it as a web server', get('/', host)],
    [
      'forward to a host that may be tunnelled to only',
      get('http://tls.example.com/', 'Host: tls.example.com'),
    ],
  ]),
];
