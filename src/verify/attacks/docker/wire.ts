// Attacks on the wire: bytes that one side takes for one request and the other for two, and
// connections that are to become what nobody judged. Each carries a call that would do harm.

import type { Reason } from '../../../policy/reasons.ts';
import type { WireAttack } from '../model.ts';

/** `own` is a container of the caller and `exec` a command in it; `victim` is another's. */
export interface WireGround {
  readonly own: string;
  readonly exec: string;
  readonly victim: string;
}

const line = (method: string, target: string) => `${method} ${target} HTTP/1.1\r\nHost: d\r\n`;

export function wireAttacks(ground: WireGround): readonly WireAttack[] {
  return [...lengths(ground), ...lines(ground), ...behind(ground), ...streams(ground)].map(
    ([tries, bytes, reason, status = statuses[reason] ?? 400]) => ({
      ...{ tries, bytes, status, reason },
    }),
  );
}

const statuses: Partial<Record<Reason, number>> = {
  'docker-call-denied': 403,
  'limit-body': 413,
  'head-too-large': 431,
  'origin-foreign': 403,
};

type Row = readonly [trick: string, bytes: string, reason: Reason, status?: number];

/** Framing by which the harm is a body to one reader and a request to the other. */
function lengths({ own, victim }: WireGround): readonly Row[] {
  const harm = `${line('POST', `/containers/${victim}/kill`)}Content-Length: 0\r\n\r\n`;
  const post = line('POST', `/containers/${own}/exec`);
  const framings: readonly (readonly [trick: string, framing: string, body: string])[] = [
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${harm}`],
    [
      'both, the other first',
      'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
      `0\r\n\r\n${harm}`,
    ],
    ['two lengths', `Content-Length: 2\r\nContent-Length: ${harm.length}\r\n`, `{}${harm}`],
    ['two equal lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n', `{}${harm}`],
    ['a list of lengths', 'Content-Length: 2, 2\r\n', `{}${harm}`],
    ['a length with a sign', 'Content-Length: +2\r\n', `{}${harm}`],
    ['a length below nought', 'Content-Length: -1\r\n', harm],
    ['a length in sixteens', 'Content-Length: 0x2\r\n', `{}${harm}`],
    ['a length with a nought before', 'Content-Length: 02\r\n', `{}${harm}`],
    ['a length with a space in it', 'Content-Length: 1 0\r\n', `{}${harm}`],
    ['a length that is empty', 'Content-Length: \r\n', harm],
    ['a length beyond all numbers', `Content-Length: ${'9'.repeat(30)}\r\n`, harm],
    ['a space before the colon', 'Content-Length : 2\r\n', `{}${harm}`],
    ['a length on a folded line', 'Content-Length:\r\n 2\r\n', `{}${harm}`],
    ['a coding on a folded line', 'Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${harm}`],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${harm}`],
    ['two codings', 'Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${harm}`],
    ['chunked by two lines', 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n', harm],
    ['a coding with a tab', 'Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${harm}`],
    ['a coding behind a bare return', 'X: y\rTransfer-Encoding: chunked\r\n', harm],
    [
      'a size with an extension',
      'Transfer-Encoding: chunked\r\n',
      `2;x=y\r\n{}\r\n0\r\n\r\n${harm}`,
    ],
    [
      'a size that overflows',
      'Transfer-Encoding: chunked\r\n',
      `100000002\r\n{}\r\n0\r\n\r\n${harm}`,
    ],
    ['a size with a sign', 'Transfer-Encoding: chunked\r\n', `-1\r\n{}\r\n0\r\n\r\n${harm}`],
    ['a size that is none', 'Transfer-Encoding: chunked\r\n', `zz\r\n{}\r\n0\r\n\r\n${harm}`],
    [
      'a chunk that ends with a line feed',
      'Transfer-Encoding: chunked\r\n',
      `2\r\n{}\n0\r\n\r\n${harm}`,
    ],
    [
      'a size that ends with a line feed',
      'Transfer-Encoding: chunked\r\n',
      `2\n{}\r\n0\r\n\r\n${harm}`,
    ],
    [
      'a chunk longer than it says',
      'Transfer-Encoding: chunked\r\n',
      `1\r\n{}\r\n0\r\n\r\n${harm}`,
    ],
    [
      'a length behind the chunks',
      'Transfer-Encoding: chunked\r\n',
      `0\r\nContent-Length: 9\r\n\r\n${harm}`,
    ],
  ];
  return framings.map(([trick, framing, body]) => [
    trick,
    `${post}${framing}\r\n${body}`,
    'request-malformed',
  ]);
}

function lines({ victim }: WireGround): readonly Row[] {
  const kill = `/containers/${victim}/kill`;
  const harm = line('POST', kill);
  const heads: readonly (readonly [trick: string, head: string])[] = [
    ['line feeds alone', `POST ${kill} HTTP/1.1\nHost: d\n\n`],
    ['an empty line first', `\r\n${harm}\r\n`],
    ['HTTP/0.9', `GET ${kill}\r\n\r\n`],
    ['two targets', `POST /_ping ${kill} HTTP/1.1\r\nHost: d\r\n\r\n`],
    ['a tab between', `POST\t${kill} HTTP/1.1\r\nHost: d\r\n\r\n`],
    ['two spaces', `POST  ${kill} HTTP/1.1\r\nHost: d\r\n\r\n`],
    ['no host', `POST ${kill} HTTP/1.1\r\n\r\n`],
    ['two hosts', `${harm}Host: e\r\n\r\n`],
    ['a nought in a header', `${harm}X: a\0b\r\n\r\n`],
    ['a header without a colon', `${harm}Content-Length\r\n\r\n`],
    ['a header without a name', `${harm}: x\r\n\r\n`],
    ['TLS', '\x16\x03\x01\x00\x05\x01\x00\x00\x01\n\n'],
  ];
  const versions: readonly (readonly [trick: string, head: string])[] = [
    ['HTTP/1.0', `POST ${kill} HTTP/1.0\r\nHost: d\r\n\r\n`],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version of later', `POST ${kill} HTTP/1.2\r\nHost: d\r\n\r\n`],
  ];
  return [
    ...heads.map(([trick, head]): Row => [trick, head, 'request-malformed']),
    ...versions.map(([trick, head]): Row => [trick, head, 'request-malformed', 505]),
  ];
}

/** A request in the shadow of another. */
function behind({ own, victim }: WireGround): readonly Row[] {
  const harm = `${line('DELETE', `/containers/${own}?force=1`)}\r\n`;
  const ping = `${line('GET', '/_ping')}\r\n`;
  const empty = 'Content-Length: 0\r\n\r\n';
  return [
    ['a request behind an allowed one', `${ping}${harm}`, 'request-malformed'],
    [
      'a request behind a refused one',
      `${line('POST', '/build')}${empty}${harm}`,
      'docker-call-denied',
    ],
    [
      'a request behind what does not exist',
      `${line('POST', `/containers/${victim}/kill`)}${empty}${harm}`,
      'request-malformed',
    ],
    [
      'a request as the body of a question',
      `${line('GET', '/_ping')}Content-Length: ${harm.length}\r\n\r\n${harm}`,
      'docker-body-refused',
    ],
    [
      'a request as the body of a start',
      `${line('POST', `/containers/${own}/start`)}Content-Length: ${harm.length}\r\n\r\n${harm}`,
      'docker-body-refused',
    ],
    [
      'half a body',
      `${line('POST', `/containers/${own}/exec`)}Content-Length: 999999\r\n\r\n{}`,
      'limit-body',
    ],
    [
      'a body larger than what is read',
      `${line('POST', '/containers/create')}Content-Length: 1500000\r\n\r\n` +
        `{"Image":"${' '.repeat(10_000)}`,
      'limit-body',
    ],
    [
      'a head that never ends',
      `${line('GET', '/_ping')}X: ${'x'.repeat(60_000)}`,
      'head-too-large',
    ],
  ];
}

function streams({ own, exec, victim }: WireGround): readonly Row[] {
  const upgrade = (protocol: string) => `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
  const start = '{"Detach":false,"Tty":false}';
  const started = `Content-Length: ${start.length}\r\n\r\n${start}`;
  const harm = `${line('DELETE', `/containers/${victim}?force=1`)}\r\n`;
  const at = line('POST', `/exec/${exec}/start`);
  return [
    ['a request behind an upgrade', `${at}${upgrade('tcp')}${started}${harm}`, 'request-malformed'],
    ['a request behind a start without one', `${at}${started}${harm}`, 'request-malformed'],
    [
      'an upgrade to another protocol',
      `${at}${upgrade('h2c')}${started}`,
      'docker-upgrade-refused',
    ],
    ['an upgrade that nobody announces', `${at}Upgrade: tcp\r\n${started}`, 'request-malformed'],
    [
      'an announcement of no upgrade',
      `${at}Connection: Upgrade\r\n${started}`,
      'request-malformed',
    ],
    ['two upgrades', `${at}${upgrade('tcp')}Upgrade: h2c\r\n${started}`, 'request-malformed'],
    [
      'an upgrade of a question',
      `${line('GET', `/containers/${own}/json`)}${upgrade('tcp')}\r\n${harm}`,
      'docker-upgrade-refused',
    ],
    [
      'a session of BuildKit',
      `${line('POST', '/session')}${upgrade('h2c')}\r\n`,
      'docker-call-denied',
    ],
    ['gRPC', `${line('POST', '/grpc')}${upgrade('h2c')}\r\n`, 'docker-call-denied'],
    [
      'a WebSocket',
      `${line('GET', `/containers/${own}/attach/ws?stream=1&stdin=1`)}${upgrade('websocket')}\r\n`,
      'docker-call-denied',
    ],
    ['CONNECT', `CONNECT docker:2375 HTTP/1.1\r\nHost: d\r\n\r\n${harm}`, 'docker-path-unclear'],
    [
      'HTTP/2 by a header',
      `${line('GET', '/_ping')}Connection: Upgrade, HTTP2-Settings\r\n` +
        'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
      'docker-upgrade-refused',
    ],
    [
      'a page in a browser',
      `${line('GET', '/_ping')}Origin: http://a.example\r\n\r\n`,
      'origin-foreign',
    ],
  ];
}

/** Headers by which a proxy in front, or the daemon, may be told of another request. */
export function overrideHeaders(own: string): readonly (readonly [string, string])[] {
  const kill = `/containers/${own}/kill`;
  return [
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-HTTP-Method', 'DELETE'],
    ['X-Method-Override', 'DELETE'],
    ['X-Original-URL', kill],
    ['X-Rewrite-URL', kill],
    ['X-Forwarded-Prefix', '/containers'],
    ['X-Forwarded-Host', 'other'],
    ['X-Registry-Auth', 'e30='],
    ['X-Registry-Config', 'e30='],
    ['Authorization', 'Basic eDp4'],
    ['Connection', 'close, content-length, host'],
    ['TE', 'trailers'],
    ['Range', 'bytes=0-1'],
    ['Expect', '100-continue'],
  ];
}
