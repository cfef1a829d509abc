// Requests over HTTP/2 that mean two things, frame by frame: one row for each known trick.

import { flags, frame, frames, headerBlock } from '../http2-wire.ts';

export const whole = flags.endStream | flags.endHeaders;

type Pairs = readonly (readonly [string, string])[];

export function request(
  host: string,
  more: Pairs = [],
  instead: Readonly<Record<string, string>> = {},
) {
  const pseudo = { ':method': 'GET', ':scheme': 'https', ':authority': host, ':path': '/' };
  return [...Object.entries({ ...pseudo, ...instead }), ...more] as Pairs;
}

export function one(pairs: Pairs, body?: string): Buffer {
  if (body === undefined) return frame(frames.headers, whole, 1, headerBlock(pairs));
  const head = frame(frames.headers, flags.endHeaders, 1, headerBlock(pairs));
  return Buffer.concat([head, frame(frames.data, flags.endStream, 1, Buffer.from(body))]);
}

export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
export const post = { ':method': 'POST' };
export const ambiguousFrames: readonly (readonly [
  trick: string,
  bytes: (host: string) => Buffer,
])[] = [
  ['chunked', (host) => one(request(host, [['transfer-encoding', 'chunked']], post), smuggled)],
  ['a length too small', (host) => one(request(host, [['content-length', '5']], post), smuggled)],
  ['a length too large', (host) => one(request(host, [['content-length', '500']], post), smuggled)],
  [
    'two lengths',
    (host) => {
      const lengths: Pairs = [
        ['content-length', '0'],
        ['content-length', String(smuggled.length)],
      ];
      return one(request(host, lengths, post), smuggled);
    },
  ],
  ['a length and no body', (host) => one(request(host, [['content-length', '5']], post))],
  ['a connection header', (host) => one(request(host, [['connection', 'x-request-id']]))],
  ['an upgrade by header', (host) => one(request(host, [['upgrade', 'websocket']]))],
  ['a name in capitals', (host) => one(request(host, [['Transfer-Encoding', 'chunked']]))],
  ['a line break in the path', (host) => one(request(host, [], { ':path': `/ HTTP/1.1\r\nX: y` }))],
  ['a blank in the path', (host) => one(request(host, [], { ':path': '/a b' }))],
  ['an absolute path', (host) => one(request(host, [], { ':path': 'http://evil.example/' }))],
  ['no path', (host) => one(request(host, [], { ':path': '' }))],
  ['a dot segment', (host) => one(request(host, [], { ':path': '/a/../metrics' }))],
  [
    'a line in the method',
    (host) => one(request(host, [], { ':method': 'GET / HTTP/1.1\r\nX: y' })),
  ],
  ['an unknown method', (host) => one(request(host, [], { ':method': 'PROPFIND' }))],
  ['a host that says otherwise', (host) => one(request(host, [['host', 'evil.example']]))],
  ['a rebound name', () => one(request('evil.example'))],
  ['a user in the authority', (host) => one(request(`${host}@evil.example`))],
  ['a pseudo-header last', (host) => one([['x', 'y'], ...request(host)])],
  ['two paths', (host) => one([...request(host), [':path', '/smuggled']])],
  ['a pseudo-header nobody knows', (host) => one([[':x', 'y'], ...request(host)])],
  [
    'CONNECT',
    () =>
      one([
        [':method', 'CONNECT'],
        [':authority', '198.51.100.1:443'],
      ]),
  ],
  [
    'CONNECT for another protocol',
    (host) => one(request(host, [], { ':method': 'CONNECT', ':protocol': 'connect-udp' })),
  ],
  ['a WebSocket by GET', (host) => one(request(host, [], { ':protocol': 'websocket' }))],
  [
    'a form of another origin',
    (host) => one(request(host, [['origin', 'https://evil.example']], post), ''),
  ],
];
