// What an outcome says of an attack on the kernel or on a file: only a declared refusal is one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName, judgeError } from './inside-attacks.ts';

const rows = [
  ['what was given', 'done', 'open'],
  ['a declared refusal', 'EPERM', 'denied'],
  ['the device of nothing in its place', 'masked', 'denied'],
  ['another error', 'EINVAL', 'unknown'],
  ['a signal', 'SIGSEGV', 'unknown'],
  ['a folder to try it from that is not there', 'no-scratch', 'unknown'],
  ['nothing', undefined, 'unknown'],
] as const;

for (const [name, code, observed] of rows) {
  test(`${name} is ${observed}`, () => {
    assert.equal(judgeError(['EPERM', 'ENOENT'], code).observed, observed);
  });
}

test('what was not tried says so, and not that it was refused for another reason', () => {
  assert.equal(judgeError(['EPERM'], undefined).evidence, 'it could not be tried');
});

test('a tiny program that ends with 0 was given what it asked for', () => {
  assert.deepEqual(['0', '1', 'SIGSEGV', undefined].map(errorName), [
    ...['done', 'EPERM', 'SIGSEGV', undefined],
  ]);
});
