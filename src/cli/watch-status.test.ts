// What people see while they watch, and what a log of it is spared.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observed } from '../drivers/driver.ts';
import { watchStatus } from './watch-status.ts';

const observed = (detail: string | null): Observed => ({
  topologyHash: null,
  services: [
    { name: 'metrics', hash: '', state: 'ready', startedAt: 0, pid: 1, restarts: 0, detail },
  ],
});

async function watched(isTerminal: boolean, details: readonly (string | null)[]) {
  const left = [...details];
  const written: string[] = [];
  await watchStatus({
    observe: async () => observed(left.shift() ?? null),
    now: () => (details.length - left.length) * 60_000,
    write: (text) => void written.push(text),
    isTerminal,
    pause: async () => left.length > 0,
  });
  return written;
}

test('on a terminal each table takes the place of the one before', async () => {
  const written = await watched(true, [null, 'egress has refused 40 times', null]);
  assert.equal(written.length, 3);
  for (const text of written) assert.ok(text.startsWith('\x1b[H\x1b[J'), JSON.stringify(text));
  assert.match(written[1] ?? '', /metrics.*egress has refused 40 times/);
});

test('elsewhere a table is printed where something has changed, and not as time goes by', async () => {
  const written = await watched(false, [null, null, 'no metrics', 'no metrics', null]);
  assert.equal(written.length, 3);
  assert.ok(written.every((text) => !text.includes('\x1b[H')));
});
