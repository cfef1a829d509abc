// What a strict TLS client makes of the local certificate.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { makeLocalCertificate } from './certificate.ts';

async function handshake(servername: string, ca: string[]): Promise<TLSSocket> {
  const made = await certificate;
  const server = createServer({ cert: made.certPem, key: made.keyPem, minVersion: 'TLSv1.3' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername, ca });
  try {
    await once(socket, 'secureConnect');
    return socket;
  } finally {
    socket.destroy();
    server.close();
  }
}

const certificate = makeLocalCertificate(['agent.example', '[2001:db8::7]'], Date.now());

test('a client that trusts the CA accepts localhost and the chosen host', async () => {
  const { caPem } = await certificate;
  for (const name of ['localhost', 'agent.example']) {
    assert.equal((await handshake(name, [caPem])).authorized, true, name);
  }
});

test('a client refuses it for another name, and without the CA', async () => {
  const { caPem } = await certificate;
  await assert.rejects(handshake('other.example', [caPem]), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  await assert.rejects(handshake('localhost', []), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

test('the certificate names the loopback addresses, is no CA, and lasts less than 398 days', async () => {
  const made = await certificate;
  const leaf = new X509Certificate(made.certPem);
  const ca = new X509Certificate(made.caPem);
  for (const ip of ['127.0.0.1', '::1', '2001:db8::7']) assert.equal(leaf.checkIP(ip), ip);
  assert.equal(leaf.ca, false);
  assert.equal(ca.ca, true);
  assert.ok(leaf.verify(ca.publicKey));
  assert.notEqual(leaf.serialNumber, ca.serialNumber);
  const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000;
  assert.ok(days < 398, `${days} days`);
});

test('two installations never share a key or a name of their CA', async () => {
  const [one, two] = [await certificate, await makeLocalCertificate([], Date.now())];
  assert.notEqual(one.keyPem, two.keyPem);
  assert.notEqual(new X509Certificate(one.caPem).subject, new X509Certificate(two.caPem).subject);
});
