// Attacks inside an allowed tunnel: what is not TLS naming the allowed host never sends a byte to
// the far end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientHello } from '../../testing/client-hello.ts';
import { type Canary, openCanary, openEgress, type RunningEgress } from '../../testing/egress.ts';
import {
  protocolAttacks,
  recordAttacks,
  serverNameAttacks,
} from '../../testing/egress-attacks/tunnels.ts';
import { inOwnNetwork } from '../../testing/netns.ts';
import { allowedWildcard, allowedHost as name } from '../../verify/attacks/egress/write.ts';

const accessDenied = '\x15\x03\x03\x00\x02\x02\x31';
const head = `CONNECT ${name}:443 HTTP/1.1\r\n\r\n`;
const attacks = [...protocolAttacks, ...recordAttacks, ...serverNameAttacks];

inOwnNetwork(import.meta.url, { addresses: ['10.0.0.1'] }, () => {
  let canary: Canary;
  let egress: RunningEgress;
  before(async () => {
    canary = await openCanary(443, '10.0.0.1');
    egress = await openEgress({
      settings: {
        rules: [{ caller: 'llm', hosts: [name, allowedWildcard] }],
        unsafeAllowAddresses: ['10.0.0.1'],
        limits: { headerTimeoutMs: 300 },
      },
      answers: { [name]: ['10.0.0.1'] },
    });
  });
  after(async () => {
    await egress[Symbol.asyncDispose]();
    await canary[Symbol.asyncDispose]();
  });

  async function mustRefuse(bytes: string, reason: string): Promise<void> {
    const heard = () => canary.contacts.map((contact) => contact.text).join('');
    const before = heard();
    const answer = await egress.send(bytes);
    const record = egress.telemetry.decisions().at(-1);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(answer.endsWith(accessDenied), 'the tunnel does not end in an alert');
    assert.deepEqual([record?.verdict, record?.reason], ['deny', reason]);
    assert.ok(String(record?.rule).includes(name), 'the rule that opened the tunnel is not named');
    assert.equal(heard(), before);
    assert.ok(egress.resolved.every((asked) => asked === name));
  }

  for (const { tries, reason, bytes } of attacks) {
    test(`it does not help to ${tries} in the tunnel: ${reason}`, () =>
      mustRefuse(head + bytes.toString('latin1'), reason));
  }

  test('no two tunnels are the same, nor are two named the same', () => {
    const distinct = (texts: readonly string[]) => new Set(texts).size;
    assert.equal(distinct(attacks.map(({ bytes }) => bytes.toString('latin1'))), attacks.length);
    assert.equal(distinct(attacks.map(({ tries }) => tries)), attacks.length);
    assert.ok(attacks.length >= 60, String(attacks.length));
  });

  test('an attack in pieces of one byte is the same attack', async () => {
    const client = egress.connect();
    let answer = '';
    client.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk;
    });
    const closed = new Promise((done) => client.on('error', () => {}).once('close', done));
    client.setTimeout(3_000, () => client.destroy());
    const bytes = head + clientHello({ names: ['evil.example'] }).toString('latin1');
    for (const byte of bytes) {
      if (client.destroyed) break;
      client.write(byte, 'latin1');
      await new Promise(setImmediate);
    }
    await closed;
    assert.ok(answer.endsWith(accessDenied));
    assert.equal(egress.telemetry.decisions().at(-1)?.reason, 'sni-mismatch');
    assert.equal(canary.contacts.map((contact) => contact.text).join(''), '');
  });

  test('a hello that never comes is hello-timeout', () => mustRefuse(head, 'hello-timeout'));
  test('half a hello is hello-timeout, and the half stays here', () =>
    mustRefuse(head + clientHello().subarray(0, 60).toString('latin1'), 'hello-timeout'));

  test('a client that leaves before its hello is client-gone', async () => {
    const client = egress.connect().on('error', () => {});
    client.end(head);
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
});
