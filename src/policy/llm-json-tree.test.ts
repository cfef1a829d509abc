// One text for all spellings of a value, compared with a plain parse: the same where a parse says
// the same, another where it does not, and never the same where a parse would lose something.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { canonicalJson, childOf, plainNumber, readJsonTree, textOf } from './llm-json-tree.ts';

function canonical(text: string): string | null {
  const bytes = Buffer.from(text);
  return canonicalJson(bytes, readJsonTree(bytes, 0));
}

/** The same value in another spelling: spaces, order of members, escapes. */
function respelled(value: unknown, odd: boolean): string {
  const space = odd ? ' \n' : '';
  if (Array.isArray(value)) {
    return `[${space}${value.map((one) => respelled(one, !odd)).join(`${space},`)}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).reverse();
    const texts = members.map(([key, one]) => `${escaped(key)}${space}:${respelled(one, !odd)}`);
    return `{${texts.join(`,${space}`)}${space}}`;
  }
  return typeof value === 'string' ? escaped(value) : JSON.stringify(value);
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

test('every spelling of a value has one text, and it parses to the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, odd) => {
      const plain = canonical(JSON.stringify(value));
      assert.equal(canonical(respelled(JSON.parse(JSON.stringify(value)), odd)), plain);
      assert.deepEqual(JSON.parse(plain ?? ''), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 300 },
  );
});

test('two values have one text just where a parse finds them the same', () => {
  const small = fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' });
  fc.assert(
    fc.property(small, small, (a, b) => {
      const [one, two] = [JSON.stringify(a), JSON.stringify(b)];
      const same = isDeepStrictEqual(JSON.parse(one), JSON.parse(two));
      assert.equal(canonical(one) === canonical(two), same, `${one} ${two}`);
    }),
    { numRuns: 500 },
  );
});

test('a number keeps all its digits, in one spelling', () => {
  for (const [a, b] of [
    ['1', '1.0'],
    ['10', '1e1'],
    ['10', '1E+1'],
    ['0.5', '5e-1'],
    ['1200', '12e2'],
    ['0', '0.000'],
    ['-2.50', '-25e-1'],
  ]) {
    assert.equal(plainNumber(a ?? ''), plainNumber(b ?? ''), `${a} ${b}`);
  }
  // A parse makes each pair one number.
  for (const [a, b] of [
    ['9007199254740992', '9007199254740993'],
    ['1e400', '1e401'],
    ['0', '-0'],
    ['0.1', '0.10000000000000000001'],
  ]) {
    assert.notEqual(plainNumber(a ?? ''), plainNumber(b ?? ''), `${a} ${b}`);
  }
});

test('a number is what a parse makes of it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const written = JSON.stringify(number);
      assert.equal(Number(plainNumber(written)), JSON.parse(written));
    }),
  );
});

test('halves of surrogate pairs stay apart', () => {
  assert.notEqual(canonical('"\\ud800"'), canonical('"\\ud801"'));
  assert.notEqual(canonical('"\\ud800"'), canonical('"\ufffd"'));
  assert.equal(canonical('"\\ud83d\\ude00"'), canonical('"\u{1f600}"'));
});

test('letters that look the same and are not stay apart', () => {
  assert.notEqual(canonical('"\u00e9"'), canonical('"e\u0301"'));
});

test('a name that stands twice has no text, wherever it stands and however it is written', () => {
  for (const text of ['{"a":1,"a":1}', '[{"x":{"b":1,"c":2,"\\u0062":3}}]']) {
    assert.equal(canonical(text), null, text);
  }
  assert.notEqual(canonical('[{"a":1},{"a":1}]'), null);
});

test('a hole is left out, and all around it stays', () => {
  const bytes = Buffer.from('{"role":"user","content":"how are you?"}');
  const node = readJsonTree(bytes, 0);
  const content = childOf(node, 'content');
  assert.ok(content !== undefined);
  assert.equal(textOf(bytes, content), 'how are you?');
  assert.equal(canonicalJson(bytes, node, content.start), '{"content":,"role":"user"}');
});
