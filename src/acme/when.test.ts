// When a CA is asked: computed only, so that years pass in a moment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewAtMs, restAfterMs, waitAfterMs } from './when.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

test('a certificate is renewed with a third of its life left, or when the CA wants it sooner', () => {
  const life = { fromMs: 0, untilMs: 90 * dayMs };
  assert.equal(renewAtMs(life, null), 60 * dayMs);
  assert.equal(renewAtMs(life, 20 * dayMs), 20 * dayMs);
  assert.equal(renewAtMs(life, 89 * dayMs), 60 * dayMs, 'never so late that no try is left');
  assert.equal(renewAtMs({ fromMs: 0, untilMs: 6 * dayMs }, null), 4 * dayMs);
});

test('failures are tried again ever more rarely, and as late as the CA says', () => {
  const waits = [1, 2, 3, 6, 7, 100].map((failures) => waitAfterMs(failures, null) / hourMs);
  assert.deepEqual(waits, [0.25, 0.5, 1, 8, 12, 12]);
  assert.equal(waitAfterMs(1, 30 * hourMs), 30 * hourMs);
  assert.equal(waitAfterMs(1, 1), 0.25 * hourMs, 'no sooner than we would');
  assert.equal(waitAfterMs(1, 1e15), 7 * dayMs, 'a CA cannot keep us from ever asking again');
});

test('no five of four tries fit into an hour, and none follows one that came about', () => {
  let [atMs, tries] = [0, 0];
  for (; atMs < hourMs; atMs += waitAfterMs(tries, null)) tries += 1;
  assert.ok(tries <= 4);
  assert.equal(restAfterMs({ fromMs: 0, untilMs: 90 * dayMs }), dayMs);
  assert.equal(restAfterMs({ fromMs: 0, untilMs: dayMs }), 4 * hourMs);
});
