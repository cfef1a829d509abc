// The waits between restarts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDelayMs, restartRules } from './restart.ts';

test('the waits double up to their bound, then the service is given up', () => {
  const waits = Array.from({ length: 10 }, (_, index) => nextDelayMs(restartRules, index + 1));
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, null]);
});
