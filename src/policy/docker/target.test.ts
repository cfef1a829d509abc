// Reading a request target: one canonical form, or a refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTarget, targetLimits } from './target.ts';

test('a target is its version, its parts and its parameters', () => {
  const target = readTarget('/v1.47/images/a.b/c/img@sha256:aa/json?size=1&x-y=a%20b+c');
  assert.ok(target.kind === 'target');
  assert.equal(target.version, '1.47');
  assert.deepEqual(target.segments, ['images', 'a.b', 'c', 'img@sha256:aa', 'json']);
  assert.deepEqual(
    [...target.query],
    [
      ['size', '1'],
      ['x-y', 'a b c'],
    ],
  );
});

test('the versions are those of the API, from 1.24 on; others are a path that nothing has', () => {
  const versions = [
    'v1.24',
    'v1.41',
    'v1.56',
    'v1.99',
    'v1.23',
    'v1.240',
    'v2.41',
    'v1.4',
    'V1.41',
  ];
  const read = versions.map((version) => {
    const target = readTarget(`/${version}/info`);
    return target.kind === 'target' ? target.version : target.reason;
  });
  assert.deepEqual(read, ['1.24', '1.41', '1.56', '1.99', null, null, null, null, null]);
});

test('the limits hold at the limit', () => {
  const path = (parts: number) => readTarget('/a'.repeat(parts)).kind;
  assert.deepEqual(
    [path(targetLimits.segmentsMax), path(targetLimits.segmentsMax + 1)],
    ['target', 'fault'],
  );
  const query = (count: number) =>
    readTarget(`/a?${Array.from({ length: count }, (_, i) => `${letters(i)}=1`).join('&')}`).kind;
  assert.deepEqual(
    [query(targetLimits.parametersMax), query(targetLimits.parametersMax + 1)],
    ['target', 'fault'],
  );
  const long = (size: number) => readTarget(`/a?b=${'c'.repeat(size - 5)}`).kind;
  assert.deepEqual(
    [long(targetLimits.targetBytesMax), long(targetLimits.targetBytesMax + 1)],
    ['target', 'fault'],
  );
});

function letters(n: number): string {
  return `p${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + Math.floor(n / 26))}`;
}

const refused: readonly (readonly [trick: string, target: string])[] = [
  ['an encoded part', '/%61'],
  ['dots', '/a/../b'],
  ['a dot', '/./a'],
  ['an empty part', '/a//b'],
  ['an empty part at the end', '/a/'],
  ['only a slash', '/'],
  ['nothing', ''],
  ['no slash', 'a'],
  ['a backslash', '/a\\b'],
  ['a semicolon', '/a;b'],
  ['a line feed', '/a\n'],
  ['what is no ASCII', '/\u00e4'],
  ['a part without an end', `/${'a'.repeat(256)}`],
  ['a name twice', '/a?b=1&b=2'],
  ['a name twice in other letters', '/a?b=1&B=2'],
  ['a name without a value', '/a?b'],
  ['a value without a name', '/a?=b'],
  ['an encoded name', '/a?%62=1'],
  ['an empty parameter', '/a?b=1&&c=1'],
  ['a needless escape', '/a?b=%41'],
  ['an escape in small letters', '/a?b=%2f'],
  ['an escape of an escape', '/a?b=%2541'],
  ['half an escape', '/a?b=%4'],
  ['an escape that is no UTF-8', '/a?b=%C3'],
  ['an overlong slash', '/a?b=%C0%AF'],
  ['a control character', '/a?b=%0A'],
  ['a raw quote', '/a?b="'],
  ['a raw brace', '/a?b={}'],
  ['a raw space', '/a?b= '],
  ['a hash', '/a?b=#'],
];

test('what could be read in two ways is not read', () => {
  for (const [trick, target] of refused) assert.equal(readTarget(target).kind, 'fault', trick);
});

test('a fault shows nothing that moves a terminal', () => {
  const fault = readTarget('/a\u001b[2J/\u202e');
  assert.ok(fault.kind === 'fault' && !/[\u001b\u202e]/.test(fault.says), JSON.stringify(fault));
});

test('what Go and JavaScript encode is read back as it was', () => {
  const printable = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .filter((text) => !/[\u0000-\u001f\u007f-\u009f]|%[0-9a-f]{2}/i.test(text));
  fc.assert(
    fc.property(printable, (value) => {
      const js = encodeURIComponent(value);
      const go = js
        .replaceAll('%20', '+')
        .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
      for (const encoded of [js, go]) {
        const target = readTarget(`/a?b=${encoded}`);
        assert.ok(target.kind === 'target', encoded);
        assert.equal(target.query.get('b'), value);
      }
    }),
    { numRuns: 500 },
  );
});

test('nothing that is read holds what another reader could take for more', () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '..',
    '.',
    '%2f',
    '%2E',
    '?',
    '&',
    '=',
    'a',
    'v1.41',
    ';',
    '\\',
    '#',
    '%00',
    '+',
  );
  const target = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(target, (text) => {
      const read = readTarget(text);
      if (read.kind === 'fault') return;
      for (const part of read.segments) assert.match(part, /^(?!\.{1,2}$)[A-Za-z0-9_.:@-]+$/);
      const names = [...read.query.keys()].map((name) => name.toLowerCase());
      assert.equal(new Set(names).size, names.length);
    }),
    { numRuns: 5_000 },
  );
});
