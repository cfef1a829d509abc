// What is said inside a tunnel that was allowed: anything but one plain TLS hello that names the
// host of the tunnel. The far end must not hear a byte of it.

import type { Reason } from '../../policy/reasons.ts';
import { allowedHost } from '../../verify/attacks/egress/write.ts';
import { clientHello, extension, helloMessage, records } from '../client-hello.ts';

export interface TunnelAttack {
  readonly tries: string;
  readonly reason: Reason;
  readonly bytes: Buffer;
}

type Row = readonly [tries: string, bytes: Buffer | string];

function inside(reason: Reason, rows: readonly Row[]): readonly TunnelAttack[] {
  return rows.map(([tries, bytes]) => ({
    ...{ tries, reason },
    bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  }));
}

const named = (...names: string[]) => clientHello({ names });
const evil = () => helloMessage({ names: ['evil.example'], session: 0 });
const empty = (type: number) => extension(type, Buffer.alloc(0));

/** Class 7: other protocols. */
export const protocolAttacks = inside('not-tls', [
  ['speak plain HTTP', `GET / HTTP/1.1\r\nHost: ${allowedHost}\r\n\r\n`],
  ['speak plain HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['open a second tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\n\r\n'],
  ['speak SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['speak SMTP', 'EHLO evil.example\r\n'],
  ['upgrade to TLS from SMTP', 'STARTTLS\r\n'],
  ['speak IRC', 'NICK evil\r\n'],
  ['speak Redis', '*1\r\n$4\r\nPING\r\n'],
  ['speak SOCKS', '\x05\x01\x00'],
  ['speak PostgreSQL', '\x00\x00\x00\x08\x04\xd2\x16\x2f'],
  ['speak remote desktop', '\x03\x00\x00\x13\x0e\xe0\x00\x00'],
  ['speak BitTorrent', '\x13BitTorrent protocol'],
  ['speak DNS over TCP', '\x00\x1d\x12\x34\x01\x00\x00\x01'],
  ['speak WireGuard', '\x01\x00\x00\x00'],
  ['speak OpenVPN', '\x00\x0e\x38\x01\x02\x03'],
  ['speak QUIC', '\xc3\x00\x00\x00\x01\x08'],
  ['speak DTLS', '\x16\xfe\xfd\x00\x00\x00'],
  ['speak SSL 2', '\x80\x2e\x01\x00\x02'],
  ['send a PROXY line ahead', `PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n`],
  ['send nothing but line ends', '\r\n\r\n'],
]);

/** Class 7: TLS that is not a plain ClientHello. */
export const recordAttacks = inside('not-tls', [
  ['begin with an alert', Buffer.from([21, 3, 3, 0, 2, 1, 0])],
  ['begin with a change of cipher', Buffer.from([20, 3, 3, 0, 1, 1])],
  ['begin with a heartbeat', Buffer.from([24, 3, 3, 0, 3, 1, 0x40, 0])],
  ['begin with application data', records(Buffer.from('data'), 100, 23)],
  ['begin with a hello of the server', records(Buffer.from([2, 0, 0, 1, 0]))],
  ['begin with an empty record', Buffer.from([22, 3, 1, 0, 0])],
  ['write a record of version 2', Buffer.from([22, 2, 0, 0, 5, 1, 0, 0, 1, 0])],
  ['write a record of version 4', Buffer.from([22, 4, 0, 0, 5, 1, 0, 0, 1, 0])],
  ['write a record that is too long', Buffer.from([22, 3, 1, 0x40, 1])],
  ['announce a hello of 16 MB', records(Buffer.from([1, 0xff, 0xff, 0xff]))],
  ['cut the hello into a record a byte', records(helloMessage(), 1)],
  ['put another message between its records', interrupted()],
  ['send a second hello behind the first', records(Buffer.concat([helloMessage(), evil()]))],
  ['put bytes behind the last field', clientHello({ trailing: Buffer.from('x') })],
  ['speak TLS 1.0 hello of version 3.0', clientHello({ version: 0x0300 })],
  ['speak a version nobody knows', clientHello({ version: 0x0304 })],
  ['bring a session id of 33 bytes', clientHello({ session: 33 })],
  ['offer no cipher', clientHello({ ciphers: Buffer.alloc(0) })],
  ['offer half a cipher', clientHello({ ciphers: Buffer.from([0x13, 1, 0x13]) })],
  ['offer no compression', clientHello({ compressions: Buffer.alloc(0) })],
  ['send server names twice', clientHello({ more: [extension(0, Buffer.alloc(9))] })],
  ['send another extension twice', clientHello({ more: [empty(23), empty(23)] })],
  ['send an extension that ends too late', clientHello({ more: [Buffer.from([0, 23, 0, 9])] })],
  ['give two names', named(allowedHost, 'evil.example')],
  ['give two names the other way round', named('evil.example', allowedHost)],
  ['give a name of another type', clientHello({ nameType: 1 })],
  ['give an empty name', named('')],
  ['give an empty list of names', clientHello({ names: [] })],
]);

/** Class 7: a hello that names somebody else, or nobody. */
export const serverNameAttacks: readonly TunnelAttack[] = [
  ...inside('sni-missing', [['name no server', clientHello({ names: null })]]),
  ...inside('sni-hidden', [
    ['encrypt the hello', clientHello({ more: [extension(0xfe0d, Buffer.alloc(9))] })],
    ['encrypt it with nothing', clientHello({ more: [empty(0xfe0d)] })],
  ]),
  ...inside('sni-mismatch', [
    ['name another server', named('evil.example')],
    ['name a server below', named(`x.${allowedHost}`)],
    ['name the parent', named('example.com')],
    ['append a name', named(`${allowedHost}.evil.example`)],
    ['end the name with a dot', named(`${allowedHost}.`)],
    ['cut the name with a NUL', named(`${allowedHost}\0.evil.example`)],
    ['add a port to the name', named(`${allowedHost}:443`)],
    ['put a space behind the name', named(`${allowedHost} `)],
    ['name a pattern', named('*.example.com')],
    ['name an address', named('127.0.0.1')],
    ['name an IPv6 address', named('[::1]')],
    ['name it in Cyrillic letters', named('\xd0\xb0pi.example.com')],
    ['name a second allowed host', named('a.wild.example.com')],
    ['name a server in many records', records(evil(), 12)],
    ['name a server with early data behind', Buffer.concat([named('evil.example'), early()])],
  ]),
];

function early(): Buffer {
  return records(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 100, 23);
}

/** One record of the hello, an alert, then the rest of it. */
function interrupted(): Buffer {
  const whole = records(helloMessage(), 40);
  return Buffer.concat([
    whole.subarray(0, 45),
    Buffer.from([21, 3, 3, 0, 2, 1, 0]),
    whole.subarray(45),
  ]);
}
