// Addresses as the kernel writes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocal } from './sockets.ts';

test('the kernel writes addresses in its own order; these are the same ones as people write them', () => {
  const rows = [
    ['0100007F:20FB', '127.0.0.1:8443'],
    ['00000000:01BB', '0.0.0.0:443'],
    ['00000000000000000000000000000000:01BB', '[::]:443'],
    ['00000000000000000000000001000000:0050', '[::1]:80'],
    ['B80D0120000000000000000001000000:0050', '[2001:db8::1]:80'],
  ] as const;
  for (const [kernel, people] of rows) assert.equal(formatLocal(kernel), people);
});
