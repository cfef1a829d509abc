// The small parts: nearest words, and what is taken for a secret.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { didYouMean, editDistance, nearest } from './nearest.ts';
import { looksLikeSecret } from './secret-literal.ts';

test('the edit distance counts insertions, deletions, substitutions and swaps', () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['key', 'kye', 1],
    ['key', 'keys', 1],
    ['key', 'ky', 1],
    ['key', 'kay', 1],
    ['providers', 'provders', 1],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of rows) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('the edit distance keeps the rules of a distance', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance === 0, a === b);
      assert.equal(distance, editDistance(b, a));
      assert.ok(distance <= Math.max(a.length, b.length));
      assert.ok(distance >= Math.abs(a.length - b.length));
    }),
  );
});

test('the nearest word is found when it is near, and only then', () => {
  const known = ['key', 'baseUrl', 'dialect', 'ca'];
  assert.equal(nearest('kye', known), 'key');
  assert.equal(nearest('BASEURL', known), 'baseUrl');
  assert.equal(nearest('dialact', known), 'dialect');
  assert.equal(nearest('budget', known), null);
  assert.equal(nearest('x'.repeat(10_000), known), null);
  assert.equal(didYouMean('kye', known), '; did you mean "key"?');
  assert.equal(didYouMean('budget', known), '');
});
// Made up on the spot, in the forms that issuers use.
const secrets: Readonly<Record<string, string>> = {
  'an Anthropic key': 'sk-ant-api03-Zq8fT1',
  'an OpenAI key': 'sk-proj-abcdefgh',
  'a key inside a longer text': 'Bearer sk-abcdefghijk',
  'a key run into another word': 'xsk-ant-api03-abc',
  'a Groq key': 'gsk_abcdefghijklmnop',
  'a Google key': 'AIzaSyAbcdefghijklmnopqrst',
  'an AWS key id': 'AKIAABCDEFGHIJKLMNOP',
  'a GitHub token': 'ghp_abcdefghijklmnopqrst',
  'a Slack token': 'xoxb-1234567890',
  'a Telegram bot': '123456789:abcdefghijklmnopqrstuvwxyz_-012345',
  'a JSON web token': 'eyJhbGciOiJI.eyJzdWIiOiIx',
  'a private key': '-----BEGIN EC PRIVATE KEY-----',
  'a URL with a password': 'redis://default:hunter22@cache:6379',
  'random hexadecimal digits': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
  'random base64': 'q7Jx2LmN9vRt4WzB8cKd5YfG',
  'random hexadecimal beside a digest':
    'sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1 9f86d081884c7d659a2feaa0c55ad015',
};

for (const [what, text] of Object.entries(secrets)) {
  test(`${what} is taken for a secret`, () => {
    assert.ok(looksLikeSecret(text));
  });
}

const plain: Readonly<Record<string, string>> = {
  'a reference': 'env:ANTHROPIC_API_KEY',
  'a long variable': 'env:MY_COMPANY_PRODUCTION_ANTHROPIC_API_KEY_NUMBER_2',
  'a path': 'file:/home/someone/Documents/Projects2026/agent/secrets/anthropic.key',
  'a model': 'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8',
  'a dated model': 'claude-sonnet-4-5-20250929',
  'a host': 'my-very-long-service-name-1234567890.eu-west-1.example.com',
  'an image with a digest':
    'ghcr.io/x/y@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1',
  'a URL with a port': 'https://llm.example.org:8443/v1',
  'an address': '2001:db8:85a3:1234:5678:8a2e:370:7334',
  'a repeated letter': 'a'.repeat(64),
  'a word that ends in sk': 'task-force-with-many-members',
  'a sentence': 'the quick brown fox jumps over the lazy dog',
};

for (const [what, text] of Object.entries(plain)) {
  test(`${what} is not taken for a secret`, () => {
    assert.ok(!looksLikeSecret(text));
  });
}
