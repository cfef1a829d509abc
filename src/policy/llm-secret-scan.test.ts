// Known secrets in outgoing text: every encoding, wherever it stands, against a plain search.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secretForms } from './llm-secret-forms.ts';
import { joined, makeSecretScanner } from './llm-secret-scan.ts';

const secret = 'sk-ant-api03-Zq/7+x_9"kQ\\Lm.pW3v';
const scanner = makeSecretScanner(secretForms(secret));

const json = (text: string) => JSON.stringify(text);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = Buffer.from(secret).toString('hex');

/** How each could come to stand in a prompt: a row per trick. */
const rows: readonly (readonly [name: string, text: string])[] = [
  ['as it is', `key: ${secret}.`],
  ['in JSON', json(`export KEY=${secret}`)],
  ['in JSON within JSON', json(json({ out: secret } as never))],
  ['in JSON with slashes escaped', json(secret).replaceAll('/', '\\/')],
  ['as JSON escapes alone', [...secret].map((c) => `\\u00${hexOf(c)}`).join('')],
  [
    'as JSON escapes in capitals',
    [...secret].map((c) => `\\u00${hexOf(c).toUpperCase()}`).join(''),
  ],
  ['base64 of itself', base64(secret)],
  ['base64 of a line of a file', base64(`A=${secret}\n`)],
  ['base64 one byte further', base64(`AB=${secret}\nC=d`)],
  ['base64 two bytes further', base64(`ABC=${secret}\n`)],
  ['base64url', Buffer.from(`AB=${secret}\n`).toString('base64url')],
  ['base64 in a URL', encodeURIComponent(base64(`AB=${secret}\n`))],
  ['hexadecimal', `x${hex}x`],
  ['hexadecimal in capitals', hex.toUpperCase()],
  ['hexadecimal with spaces', hex.replace(/../g, '$& ')],
  ['hexadecimal with colons', hex.replace(/..(?=.)/g, '$&:')],
  ['URL-encoded', `?k=${encodeURIComponent(secret)}&`],
  ['URL-encoded throughout', hex.replace(/../g, '%$&')],
];

for (const [name, text] of rows) {
  test(`a secret is found ${name}`, () => {
    const found = joined(scanner.find(Buffer.from(`${'x'.repeat(999)}.${text}${'y'.repeat(999)}`)));
    assert.equal(found.length, 1, JSON.stringify(found));
  });
}

test('a long secret is found where a tool has broken its encoding into lines', () => {
  const long = `sk-ant-api03-${'q7Zr_Lm-9xKe2WvB'.repeat(6)}`.slice(0, 108);
  const scan = makeSecretScanner(secretForms(long));
  for (let offset = 0; offset < 80; offset += 1) {
    const bytes = Buffer.from(`${'x'.repeat(offset)}${long}\n`);
    const inLines = (text: string, columns: number) =>
      JSON.stringify(text.replace(new RegExp(`.{${columns}}`, 'g'), '$&\n'));
    for (const columns of [64, 76]) {
      const text = inLines(bytes.toString('base64'), columns);
      assert.ok(scan.find(Buffer.from(text)).length > 0, `base64 ${columns} ${offset}`);
    }
    const text = inLines(bytes.toString('hex'), 60);
    assert.ok(scan.find(Buffer.from(text)).length > 0, `hex ${offset}`);
  }
  // What other keys begin with is not found.
  const other = Buffer.from(`sk-ant-api03-${'Hh81'.repeat(24)}`);
  const said = `${other.toString('base64')} ${other.toString('hex')}`;
  assert.deepEqual(scan.find(Buffer.from(said)), []);
});

test('what is not the secret is not found, and short values are no patterns', () => {
  const near = secret.replace('ant', 'aunt');
  assert.deepEqual(scanner.find(Buffer.from(`${near} ${base64(near)} ${secret.slice(1)}`)), []);
  assert.deepEqual(secretForms('hunter2'), []);
  assert.deepEqual(makeSecretScanner([]).find(Buffer.from('anything')), []);
});

test('many patterns in any text: the same places as a plain search', () => {
  const letter = fc.constantFrom(0x61, 0x62, 0x63);
  const pattern = fc.array(letter, { minLength: 3, maxLength: 9 }).map((one) => Buffer.from(one));
  const text = fc.array(letter, { maxLength: 200 }).map((one) => Buffer.from(one));
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), text, (patterns, bytes) => {
      const covered = new Set<number>();
      for (const one of patterns) {
        for (let at = bytes.indexOf(one); at >= 0; at = bytes.indexOf(one, at + 1)) {
          for (let n = 0; n < one.length; n++) covered.add(at + n);
        }
      }
      const found = joined(makeSecretScanner(patterns).find(bytes));
      const places = found.flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, n) => start + n),
      );
      assert.deepEqual(
        places,
        [...covered].sort((a, b) => a - b),
      );
    }),
    { numRuns: 500 },
  );
});

test('any value is found in any of its forms between any bytes', () => {
  const value = fc.string({ minLength: 16, maxLength: 60, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(value, fc.nat(7), fc.string(), (secretText, offset, after) => {
      const around = (text: string) => Buffer.from(`${'=+/'.repeat(offset)}${text}${after}`);
      const scan = makeSecretScanner(secretForms(secretText));
      const inner = Buffer.from(`${'q'.repeat(offset)}${secretText}${after}`);
      for (const text of [
        secretText,
        json(secretText),
        inner.toString('base64'),
        inner.toString('base64url'),
        inner.toString('hex'),
        encodeURIComponent(secretText),
      ]) {
        assert.ok(scan.find(around(text)).length > 0, text);
      }
    }),
    { numRuns: 200 },
  );
});

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}
