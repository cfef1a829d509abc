// What a record says cannot drive the terminal of who reads it: a service that was taken over
// writes its own log.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pc from 'picocolors';
import { recordLines } from './record-text.ts';
import { sandboxRecord } from './sandbox-record.ts';

test('no field of a record drives the terminal', () => {
  const tricks = '\u001b]0;owned\u0007\u009b2J\r\u202e';
  const written = sandboxRecord.parse({
    ...{ event: 'decision', role: 'sandbox', service: tricks, time: '2026-11-22T14:03:11.000Z' },
    ...{ requestId: tricks, caller: tricks, verdict: 'deny', reason: `no${tricks}`, rule: tricks },
    ...{ durationMs: 1, scope: tricks, asked: tricks, exit: 1 },
  });
  const lines = recordLines(written, pc.createColors(false)).join('');
  assert.doesNotMatch(lines, /[\p{Cc}\u202e]/u);
  assert.match(lines, /deny/);
});
