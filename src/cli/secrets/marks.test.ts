// Secrets that are known by a mark alone: found in every encoding, written over or refused, and the
// mark says nothing of use.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { makeSecretFinder } from '../../policy/llm-known-secrets.ts';
import { markOf } from '../../policy/llm-secret-mark.ts';
import { makeLocalCertificate } from '../certificate.ts';
import { makeSshKeys } from './ssh-keys.ts';

const token = randomBytes(32).toString('base64url');
const hexOf = (text: string) => Buffer.from(text).toString('hex');
const finderOf = (name: string, value: string) => {
  const mark = markOf(name, value, true);
  assert.ok(mark !== null, name);
  return { mark: mark.mark, find: makeSecretFinder([{ name, text: mark.mark, part: mark.kind }]) };
};

/** A row per way in which what is stored can come to stand in a prompt. */
const encodings: readonly (readonly [name: string, encode: (text: string) => string])[] = [
  ['as it is', (text) => `TOKEN=${text} ok`],
  ['after a line end', (text) => `a\n${text}\nb`],
  ['in JSON within JSON', (text) => JSON.stringify({ out: `\t${text}\n` })],
  ['in base64', (text) => Buffer.from(text).toString('base64')],
  ['in base64 one byte on', (text) => Buffer.from(`x${text}`).toString('base64')],
  ['in base64 two bytes on', (text) => Buffer.from(`xy${text}`).toString('base64')],
  ['in base64url', (text) => Buffer.from(`xy${text}`).toString('base64url')],
  ['in hexadecimal', hexOf],
  ['in hexadecimal capitals', (text) => hexOf(text).toUpperCase()],
  ['in hexadecimal with spaces', (text) => hexOf(text).replace(/../g, '$& ')],
  ['URL-encoded', (text) => `?t=${encodeURIComponent(text)}`],
  ['URL-encoded throughout', (text) => hexOf(text).replace(/../g, '%$&')],
];

for (const [name, encode] of encodings) {
  test(`a token that is known by its mark is found ${name}, and the body stays JSON`, () => {
    const { find, mark } = finderOf('gateway-token', token);
    const body = Buffer.from(JSON.stringify({ said: encode(token), also: '"' }));
    const seen = find(body);
    assert.deepEqual([seen?.names, seen?.canMask], [['gateway-token'], true]);
    for (const { start, end } of seen?.places ?? []) body.fill('*', start, end);
    const { said, also } = JSON.parse(body.toString()) as { said: string; also: string };
    assert.equal(also, '"');
    assert.equal(find(body), null);
    // In a form without gaps nothing of it is left, in the others the mark is gone at least.
    if (!/[% ]..[% ]/.test(encode(token))) {
      for (const piece of [token.slice(0, 8), token.slice(-8)]) {
        assert.doesNotMatch(said, new RegExp(`${piece}|${hexOf(piece)}`, 'i'));
      }
    }
    assert.doesNotMatch(said, new RegExp(`${mark}|${hexOf(mark)}`, 'i'));
  });

  test(`a private key that is known by its mark is refused ${name}`, async () => {
    const seen = sshFinder.find(Buffer.from(JSON.stringify({ said: encode(sshKey) })));
    assert.equal(seen?.canMask, false);
  });
}

const ssh = makeSshKeys();
const sshKey = ssh.get('sandbox-client-key')?.reveal() ?? '';
const sshFinder = finderOf('sandbox-client-key', sshKey);

test('what is public of a key is no secret, and another key is another', () => {
  for (const name of ['sandbox-known-hosts', 'sandbox-authorized-key']) {
    const value = ssh.get(name)?.reveal() ?? '';
    assert.equal(markOf(name, value, true), null);
    assert.equal(sshFinder.find(Buffer.from(value)), null);
  }
  assert.equal(sshFinder.find(Buffer.from(ssh.get('sandbox-host-key')?.reveal() ?? '')), null);
});

test('the mark of a key of the ingress is of its public half, and its certificate is not it', async () => {
  const { certPem, keyPem, caPem } = await makeLocalCertificate(['example.com'], Date.now());
  const { mark, find } = finderOf('ingress-tls-key', keyPem);
  const der = Buffer.from(keyPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = keyPem.replace(/-----[^-]+-----|\s/g, '').indexOf(mark);
  const point = new X509Certificate(certPem).publicKey.export({ type: 'spki', format: 'der' });
  const piece = der.subarray(Math.floor((at * 3) / 4), Math.ceil(((at + 16) * 3) / 4));
  assert.ok(point.includes(piece), 'a piece of the scalar');
  assert.notEqual(find(Buffer.from(keyPem)), null);
  assert.equal(markOf('ingress-tls-cert', certPem, true), null);
  assert.equal(markOf('ingress-ca', caPem, true), null);
});

test('every kind of key has a mark on one line, whatever its line ends', () => {
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const keys = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ ...pem, type: 'sec1' }),
    generateKeyPairSync('ed25519').privateKey.export(pem),
  ];
  for (const key of keys) {
    for (const text of [String(key), String(key).replaceAll('\n', '\r\n')]) {
      const { find } = finderOf('key', text);
      assert.notEqual(find(Buffer.from(JSON.stringify(text))), null);
    }
  }
});

/** A mark of these would help to guess the rest, or be found in what does not mean it. */
const unmarked: readonly (readonly [name: string, value: string, isRandom: boolean])[] = [
  ['a password', 'correct-horse-battery-staple', false],
  ['a long one of words', 'Correct-Horse-Battery-Staple-1-Correct-Horse-Battery', false],
  ['a short token', 'q7ZrLm9xKe2WvBq7ZrLm9xKe2WvBabc', true],
  ['something with spaces', `${token} ${token}`, true],
  ['an empty file', '', true],
];

for (const [name, value, isRandom] of unmarked) {
  test(`there is no mark of ${name}`, () => assert.equal(markOf('x', value, isRandom), null));
}

test("a token that a machine drew has a mark, whoever's it is", () => {
  assert.notEqual(
    markOf('cloudflare-token', 'v1Kd83hGq_Zp0sLxWmN4tYbR7cEuJf2aTiOQ9nHk', false),
    null,
  );
});
