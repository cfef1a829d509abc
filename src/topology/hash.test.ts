// One value, one text: what two hashes agree on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, hashOf } from './hash.ts';

test('the order in which keys were written does not matter, that of a list does', () => {
  assert.equal(canonicalJson({ b: 1, a: [2, 1] }), '{"a":[2,1],"b":1}');
  assert.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 }));
  assert.notEqual(hashOf([1, 2]), hashOf([2, 1]));
});

test('a key without a value is not there', () => {
  assert.equal(hashOf({ a: 1, b: undefined }), hashOf({ a: 1 }));
  assert.notEqual(hashOf({ a: 1, b: null }), hashOf({ a: 1 }));
});

test('the text is JSON of the same value, and values that differ have texts that differ', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
      // JSON has no negative zero.
      const plain = JSON.parse(JSON.stringify(a));
      assert.deepEqual(JSON.parse(canonicalJson(a)), plain);
      const same = canonicalJson(a) === canonicalJson(b);
      assert.equal(same, canonicalJson(plain) === canonicalJson(JSON.parse(JSON.stringify(b))));
    }),
    { numRuns: 200 },
  );
});

test('what JSON cannot hold is a bug, not a value', () => {
  assert.throws(() => canonicalJson([() => 1]), { name: 'Bug' });
});
