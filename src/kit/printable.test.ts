// What must not reach a terminal from a service, and what must.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable, printableJson } from './printable.ts';

const rows: readonly (readonly [string, string, string])[] = [
  ['a colour', '\u001b[31mred', '\\x1b[31mred'],
  ['a window title', '\u001b]0;mine\u0007', '\\x1b]0;mine\\x07'],
  ['the one-byte form of the same', '\u009b2J', '\\x9b2J'],
  ['a second line', 'ready\nllm  failed', 'ready\\x0allm  failed'],
  ['a line written over', 'denied\rallowed', 'denied\\x0dallowed'],
  ['text that runs backwards', 'a\u202etxt.exe', 'a\\u202etxt.exe'],
  ['words of any language', 'größer 日本\t✓', 'größer 日本\t✓'],
];

for (const [name, text, shown] of rows) {
  test(`${name} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(printable(text), shown);
  });
}

test('nothing that controls a terminal is left, whatever was said', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(printable(text), /[^\P{C}\p{Cn}\p{Co}\p{Cs}\t\p{Cf}]/u);
    }),
  );
});

for (const [name, text] of rows) {
  test(`${name} is the same text when it is read back from JSON, and drives nothing in it`, () => {
    const written = printableJson({ text });
    assert.deepEqual(JSON.parse(written), { text });
    assert.doesNotMatch(written, /[\p{Cc}\u2028-\u202e]/u);
  });
}
