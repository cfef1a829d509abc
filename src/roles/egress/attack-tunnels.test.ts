// Attacks inside an allowed tunnel: what is not TLS naming the allowed host never sends a byte to
// the far end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientHello, extension, helloMessage, records } from '../../testing/client-hello.ts';
import { type Canary, openCanary, openEgress, type RunningEgress } from '../../testing/egress.ts';

const name = 'api.example.com';
const accessDenied = '\x15\x03\x03\x00\x02\x02\x31';

const inside: readonly (readonly [string, string, Buffer | string])[] = [
  ['plain HTTP', 'not-tls', 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n'],
  ['a second CONNECT', 'not-tls', 'CONNECT evil.example:443 HTTP/1.1\r\n\r\n'],
  ['SSH', 'not-tls', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['SMTP', 'not-tls', 'EHLO evil.example\r\n'],
  ['SOCKS', 'not-tls', '\x05\x01\x00'],
  ['WireGuard-like bytes', 'not-tls', '\x01\x00\x00\x00'],
  ['an alert', 'not-tls', Buffer.from([21, 3, 3, 0, 2, 1, 0])],
  ['application data', 'not-tls', records(Buffer.from('data'), 100, 23)],
  ['no server name', 'sni-missing', clientHello({ names: null })],
  ['another server name', 'sni-mismatch', clientHello({ names: ['evil.example'] })],
  ['a name below', 'sni-mismatch', clientHello({ names: ['x.api.example.com'] })],
  ['a name around', 'sni-mismatch', clientHello({ names: ['api.example.com.evil.example'] })],
  ['a name with a trailing dot', 'sni-mismatch', clientHello({ names: ['api.example.com.'] })],
  [
    'a name cut by a NUL',
    'sni-mismatch',
    clientHello({ names: ['api.example.com\0.evil.example'] }),
  ],
  ['an address for a name', 'sni-mismatch', clientHello({ names: ['127.0.0.1'] })],
  ['two names', 'not-tls', clientHello({ names: [name, 'evil.example'] })],
  ['two names the other way', 'not-tls', clientHello({ names: ['evil.example', name] })],
  ['an encrypted hello', 'sni-hidden', clientHello({ more: [extension(0xfe0d, Buffer.alloc(9))] })],
  ['a hello after a hello', 'not-tls', records(Buffer.concat([helloMessage(), helloMessage()]))],
  ['another name, in many records', 'sni-mismatch', records(evilHello(), 12)],
];

let canary: Canary;
let egress: RunningEgress;
before(async () => {
  canary = await openCanary(0, '127.0.0.1');
  egress = await openEgress({
    settings: {
      rules: [{ caller: 'llm', hosts: [name], ports: [canary.port] }],
      unsafeAllowAddresses: ['127.0.0.1'],
      limits: { headerTimeoutMs: 300 },
    },
    answers: { [name]: ['127.0.0.1'] },
  });
});
after(async () => {
  await egress[Symbol.asyncDispose]();
  await canary[Symbol.asyncDispose]();
});

const head = () => `CONNECT ${name}:${canary.port} HTTP/1.1\r\n\r\n`;

async function attack(bytes: string, reason: string): Promise<void> {
  const answer = await egress.send(bytes);
  const record = egress.telemetry.decisions().at(-1);
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.ok(answer.endsWith(accessDenied), 'the tunnel does not end in an alert');
  assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
  assert.ok(String(record?.rule).includes(name), 'the rule that opened the tunnel is not named');
  assert.equal(canary.contacts.map((contact) => contact.text).join(''), '');
}

for (const [what, reason, bytes] of inside) {
  test(`${what} in the tunnel is ${reason}, and the far end hears nothing`, () =>
    attack(head() + bytes.toString('latin1'), reason));
}

test('a hello that never comes is hello-timeout', () => attack(head(), 'hello-timeout'));
test('half a hello is hello-timeout, and the half stays here', () =>
  attack(head() + clientHello().subarray(0, 60).toString('latin1'), 'hello-timeout'));

test('a client that leaves before its hello is client-gone', async () => {
  const client = egress.connect().on('error', () => {});
  client.end(head());
  await new Promise((resolve) => client.on('close', resolve).resume());
  assert.equal(egress.telemetry.decisions().at(-1)?.reason, 'client-gone');
});

test('a head that is never finished is head-timeout', async () => {
  const answer = await egress.send('CONNECT api.example.com:443 HTTP/1.1\r\nX: ');
  assert.match(answer, /^HTTP\/1\.1 408 .*x-clincher-reason: head-timeout/s);
});

test('a head without end is head-too-large', async () => {
  const answer = await egress.send(`CONNECT ${'a'.repeat(40_000)}`);
  assert.match(answer, /^HTTP\/1\.1 431 .*x-clincher-reason: head-too-large/s);
});

function evilHello(): Buffer {
  return helloMessage({ names: ['evil.example'], session: 0 });
}
