// The strict reader of JSON: what it takes is what JSON.parse takes and more readers agree on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Json, readStrictJson, strictJsonLimits, writeJson } from './strict-json.ts';

const read = (text: string) => readStrictJson(Buffer.from(text));

test('what it takes it writes as JSON.parse reads it', () => {
  const values = fc.jsonValue({ maxDepth: 8, noUnicodeString: false });
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value);
      const strict = read(text);
      if ('fault' in strict) return assert.match(strict.fault, /number|character|value/);
      return assert.deepEqual(JSON.parse(writeJson(strict.value)), JSON.parse(text));
    }),
    { numRuns: 2_000 },
  );
});

test('what it takes, JSON.parse takes too', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '1',
    '-1',
    '0',
    'true',
    'null',
    ' ',
    '\\',
    '"',
    '1e1',
    '.5',
    'NaN',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      if (!('fault' in read(text))) JSON.parse(text);
    }),
    { numRuns: 20_000 },
  );
});

const refused: readonly (readonly [what: string, text: string])[] = [
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, once with an escape', '{"a":1,"\\u0061":2}'],
  ['a key twice far below', '[{"x":{"a":1,"a":2}}]'],
  ['a fraction', '1.0'],
  ['an exponent', '1e3'],
  ['a leading nought', '01'],
  ['a nought with a sign', '-0'],
  ['a number beyond 2^53', '9007199254740993'],
  ['a long number', '1'.repeat(17)],
  ['a plus sign', '+1'],
  ['half a character', '"\\ud800"'],
  ['a nought in a string', '"\\u0000"'],
  ['a raw control character', '"\n"'],
  ['an unknown escape', '"\\x41"'],
  ['a single quote', "'a'"],
  ['a comma at the end', '[1,]'],
  ['a comma at the end of an object', '{"a":1,}'],
  ['no comma', '[1 2]'],
  ['two values', '1 2'],
  ['a comment', '1 // x'],
  ['a key without quotes', '{a:1}'],
  ['a word that is none', 'True'],
  ['a byte order mark', '\ufeff1'],
  ['nothing', ''],
  ['half a document', '{"a":'],
];

test('what two readers may read in two ways is refused', () => {
  for (const [what, text] of refused) assert.ok('fault' in read(text), what);
  assert.ok('fault' in readStrictJson(Buffer.from([0x22, 0xff, 0x22])), 'no UTF-8');
  assert.ok('fault' in readStrictJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22])), 'overlong');
});

test('the limits hold at the limit', () => {
  const { depthMax, itemsMax } = strictJsonLimits;
  const deep = (depth: number) => read('['.repeat(depth) + ']'.repeat(depth));
  assert.ok(!('fault' in deep(depthMax)) && 'fault' in deep(depthMax + 1));
  const wide = (items: number) => read(`[${Array(items).fill('1').join(',')}]`);
  assert.ok(!('fault' in wide(itemsMax - 1)) && 'fault' in wide(itemsMax));
  assert.ok('fault' in read('['.repeat(200_000)), 'no stack is exhausted');
  const long = 'a\\"'.repeat(80_000);
  const value: Json | undefined = Reflect.get(read(`"${long}"`), 'value');
  assert.equal(value, 'a"'.repeat(80_000));
});

test('names that every object has are names like others', () => {
  const value = read('{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}');
  assert.ok('value' in value);
  assert.equal(writeJson(value.value), '{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}');
});
