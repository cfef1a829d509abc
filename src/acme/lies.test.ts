// A CA that lies, babbles or hangs: one clear error each, in bounded time; nothing is put where its
// token would lead, nobody else is asked on its word, and no certificate comes of it that is not
// ours.

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { makeCertificateRequest, makeLocalCertificate } from '../cli/certificate.ts';
import { ClincherError } from '../kit/error.ts';
import { Secret } from '../kit/secret.ts';
import { type Lies, startLyingCa } from '../testing/lying-ca.ts';
import { makeAccountKey, openAccountKey } from './account-key.ts';
import { type AcmeLimits, acmeLimits, connectAcme } from './connect.ts';
import { orderCertificate } from './order.ts';

const host = 'agent.example.com';
const limits = { ...acmeLimits, pollMs: 10 };
/** Where it says nothing, or never comes to an end. */
const short = { ...limits, timeoutMs: 1_000, totalMs: 2_000 };
const request = makeCertificateRequest(host);

/** What was put for the CA to find, and the error that came of it all. */
async function orderFrom(lies: (root: string) => Lies, limits: AcmeLimits) {
  await using ca = await startLyingCa(lies);
  const put: string[] = [];
  const way = {
    type: 'http-01' as const,
    put: async (token: string) => void put.push(token),
    take: async () => {},
  };
  const { csrPem, keyPem } = await request;
  const wanted = {
    host,
    email: null,
    binding: null,
    csrPem,
    keyPem: new Secret(keyPem),
    replaces: null,
  };
  const key = openAccountKey(makeAccountKey());
  const outcome = await (async () => {
    const trust = { directory: ca.directory, ca: ca.ca, limits };
    await using connection = await connectAcme(trust, key);
    return await orderCertificate(connection, wanted, way);
  })().catch((error: unknown) => error);
  return { put, steps: ca.steps, outcome };
}

/** Of this machine, should it ever be asked. */
const elsewhere = 'https://127.0.0.1:1/order';
const problem = (type: string, detail: string) => ({
  status: 403,
  body: { type: `urn:ietf:params:acme:error:${type}`, detail },
});
const order = (root: string, more: object) => ({
  status: 201,
  headers: { location: `${root}/finalize` },
  body: {
    ...{ status: 'pending', finalize: `${root}/finalize` },
    ...{ authorizations: [`${root}/authorization`], ...more },
  },
});
const challengeOf = (token: string, type = 'http-01') => ({
  body: { status: 'pending', challenges: [{ type, url: 'https://x', token }] },
});

const lies: readonly (readonly [name: string, lies: (root: string) => Lies, says: RegExp])[] = [
  ['no JSON', () => ({ directory: { body: '<html>' } }), /directory is not of the shape/],
  ['half a directory', () => ({ directory: { body: {} } }), /not of the shape .*newNonce/],
  ['too much', () => ({ directory: { body: 'x'.repeat(300_000) } }), /longer than 262144 bytes/],
  ['nothing', () => ({ directory: null }), /could not be asked/],
  ['nothing later', () => ({ authorization: null }), /could not be asked/],
  [
    'a way elsewhere',
    () => ({ directory: { status: 302, headers: { location: elsewhere } } }),
    /answered 302/,
  ],
  [
    'an order elsewhere',
    (root) => ({
      directory: {
        body: { newNonce: `${root}/nonce`, newAccount: `${root}/account`, newOrder: elsewhere },
      },
    }),
    /names https:\/\/127\.0\.0\.1:1\/order, which is not at/,
  ],
  [
    'a proof elsewhere',
    (root) => ({ order: order(root, { authorizations: [elsewhere] }) }),
    /not at/,
  ],
  [
    'an end elsewhere',
    (root) => ({ order: order(root, { finalize: 'http://localhost/' }) }),
    /not at/,
  ],
  [
    'many proofs',
    (root) => ({ order: order(root, { authorizations: Array(9).fill(root) }) }),
    /shape/,
  ],
  [
    'a token up and out',
    () => ({ authorization: challengeOf('../../../etc/cron.d/x') }),
    /is none/,
  ],
  ['a token /..', () => ({ authorization: challengeOf('aaaaaaaaaaaaaaaa/..') }), /is none/],
  [
    'a token of a zero byte',
    () => ({ authorization: challengeOf(`${'a'.repeat(20)}\0`) }),
    /is none/,
  ],
  ['no token', () => ({ authorization: challengeOf('') }), /is none/],
  [
    'another challenge',
    () => ({ authorization: challengeOf('a', 'tls-alpn-01') }),
    /not offer http-01/,
  ],
  [
    'a no',
    () => ({ order: problem('rejectedIdentifier', 'policy') }),
    /policy \(rejectedIdentifier\)/,
  ],
  ['a no in colours', () => ({ order: problem('x', '\u001b[31mred') }), /\\x1b\[31mred/],
  ['too often', () => ({ order: problem('rateLimited', 'slow down') }), /clincher waits/],
  ['the same nonce for ever', () => ({ account: problem('badNonce', 'again') }), /badNonce/],
  [
    'an order that never ends',
    (root) => ({ finalize: { body: { ...order(root, {}).body, status: 'processing' } } }),
    /could not be asked/,
  ],
  ['no certificate', () => ({}), /not for agent\.example\.com and the key made here/],
];

test('a CA that lies is told from one that signs, and leads nowhere', async () => {
  for (const [name, lie, says] of lies) {
    const hangs = says.source === 'could not be asked';
    const { put, outcome } = await orderFrom(lie, hangs ? short : limits);
    assert.ok(outcome instanceof ClincherError, `${name}: ${outcome}`);
    assert.match(outcome.format(), says, name);
    assert.ok(['acme-refused', 'acme-unreachable'].includes(outcome.code), name);
    assert.deepEqual(
      put.filter((token) => !/^a{43}$/.test(token)),
      [],
      name,
    );
  }
});

test('a certificate of another key, of another name, or that has ended is not taken', async () => {
  const { keyPem } = await request;
  const other = (await makeLocalCertificate([host], Date.now())).certPem;
  const wrong = [
    other,
    await signedBy(keyPem, 'other.example.com', '2100-01-01'),
    await signedBy(keyPem, host, '2021-01-01'),
  ];
  for (const body of wrong) {
    const { outcome } = await orderFrom(() => ({ certificate: { body } }), limits);
    assert.match(String(outcome), /not for agent\.example\.com and the key made here/);
  }
  const body = await signedBy(keyPem, host, '2100-01-01');
  assert.equal((await orderFrom(() => ({ certificate: { body } }), limits)).outcome, body);
});

/** Of a CA that signs what nobody asked for. */
async function signedBy(keyPem: string, name: string, until: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pkcs8 = Buffer.from(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
  const { d: _, key_ops: __, ...open } = await subtle.exportKey('jwk', privateKey);
  const publicKey = await subtle.importKey('jwk', open, algorithm, true, ['verify']);
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      ...{ serialNumber: '01', name: 'CN=x', signingAlgorithm: algorithm },
      ...{ notBefore: new Date('2020-01-01'), notAfter: new Date(until) },
      keys: { privateKey, publicKey },
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    },
    webcrypto,
  );
  return made.toString('pem');
}
