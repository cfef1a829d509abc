// What an outcome says of an attack on the kernel or on a file: only a declared refusal is one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeError } from './inside-attacks.ts';

const rows = [
  ['what was given', 'done', 'open'],
  ['a declared refusal', 'EPERM', 'denied'],
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
