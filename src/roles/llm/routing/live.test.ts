// What is known of a deployment, over time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Affinity } from './affinity.ts';
import { LiveStates } from './live.ts';

const rule = { failuresMax: 3, ms: 5_000 };

function states() {
  const clock = { ms: 100_000 };
  return { clock, live: new LiveStates(() => clock.ms) };
}

test('calls and tokens count for a minute', () => {
  const { clock, live } = states();
  live.began('a');
  live.ended('a', 50);
  clock.ms += 30_000;
  live.began('a');
  assert.deepEqual([live.read('a').calls, live.read('a').tokens], [2, 50]);
  clock.ms += 31_000;
  assert.deepEqual([live.read('a').calls, live.read('a').tokens], [1, 0]);
  clock.ms += 3_600_000;
  assert.deepEqual([live.read('a').calls, live.read('a').open], [0, 1]);
});

test('what other instances use counts too, until it is no news any more', () => {
  const { clock, live } = states();
  live.began('a');
  live.ended('a', 50);
  live.usedElsewhere('a', { calls: 4, tokens: 100 }, 5_000);
  assert.deepEqual([live.read('a').calls, live.read('a').tokens], [5, 150]);
  assert.deepEqual(live.used('a'), { calls: 1, tokens: 50 });
  clock.ms += 5_000;
  assert.deepEqual([live.read('a').calls, live.read('a').tokens], [1, 50]);
});

test('three failures in a minute take a deployment out; a success brings it back', () => {
  const { clock, live } = states();
  const fail = () => live.failed('a', 'server-error', null, rule);
  assert.deepEqual([fail(), fail(), fail()], [false, false, true]);
  assert.equal(live.read('a').coolingUntilMs, clock.ms + 5_000);
  live.succeeded('a', 10);
  assert.equal(live.read('a').coolingUntilMs, 0);
  assert.equal(fail(), false);
  clock.ms += 61_000;
  assert.deepEqual([fail(), fail()], [false, false]);
});

const cools = (live: LiveStates, nowMs: number) => live.read('a').coolingUntilMs > nowMs;

test('after its time out one call tries a deployment; the others go elsewhere meanwhile', () => {
  const { clock, live } = states();
  live.failed('a', 'auth', null, rule);
  clock.ms += 5_000;
  assert.equal(cools(live, clock.ms), false);
  live.began('a');
  assert.equal(cools(live, clock.ms), true);
  live.succeeded('a', 10);
  assert.equal(live.read('a').coolingUntilMs, 0);
  live.began('a');
  assert.equal(cools(live, clock.ms), false);
});

test('the failure of that one call takes the deployment out again', () => {
  const { clock, live } = states();
  live.failed('a', 'auth', null, { ...rule, ms: 120_000 });
  clock.ms += 120_000;
  live.began('a');
  assert.equal(live.failed('a', 'server-error', null, { ...rule, ms: 7_000 }), true);
  assert.equal(live.read('a').coolingUntilMs, clock.ms + 7_000);
});

test('an answer that finds fault with the request shows that the deployment is well', () => {
  const { clock, live } = states();
  live.failed('a', 'auth', null, rule);
  clock.ms += 5_000;
  live.began('a');
  assert.equal(live.failed('a', 'bad-request', null, rule), false);
  assert.equal(live.read('a').coolingUntilMs, 0);
});

test('a call that comes to nothing keeps others away for no longer than the time out was', () => {
  const { clock, live } = states();
  live.failed('a', 'auth', null, rule);
  clock.ms += 5_000;
  live.began('a');
  clock.ms += 4_999;
  assert.equal(cools(live, clock.ms), true);
  clock.ms += 1;
  assert.equal(cools(live, clock.ms), false);
  live.began('a');
  assert.equal(cools(live, clock.ms), true);
});

test('what names a time is out for as long, up to ten minutes', () => {
  const { clock, live } = states();
  assert.equal(live.failed('a', 'rate-limit', 30_000, rule), true);
  assert.equal(live.read('a').coolingUntilMs, clock.ms + 30_000);
  live.failed('b', 'rate-limit', 86_400_000, rule);
  assert.equal(live.read('b').coolingUntilMs, clock.ms + 600_000);
});

test("a key that is no good there is out at once; the fault of a request is nobody else's", () => {
  const { live } = states();
  assert.equal(live.failed('a', 'auth', null, rule), true);
  for (const errorClass of ['bad-request', 'context-window', 'content-policy'] as const) {
    assert.equal(live.failed('b', errorClass, 1_000, { failuresMax: 1, ms: 1 }), false);
  }
  assert.equal(live.failed('c', 'auth', null, { failuresMax: 0, ms: 1 }), false);
});

test('latency is smoothed', () => {
  const { live } = states();
  live.succeeded('a', 100);
  live.succeeded('a', 200);
  assert.equal(live.read('a').latencyMs, 130);
});

test('a conversation is remembered for its time, the least used forgotten first', () => {
  const affinity = new Affinity({ affinityEntriesMax: 2, affinityMs: 1_000 });
  affinity.set('x', 'a', 0);
  affinity.set('y', 'b', 0);
  affinity.set('x', 'c', 500);
  affinity.set('z', 'd', 500);
  assert.deepEqual([affinity.get('y', 500), affinity.get('x', 500)], [null, 'c']);
  assert.equal(affinity.get('x', 1_500), null);
  const none = new Affinity({ affinityEntriesMax: 0, affinityMs: 1_000 });
  none.set('x', 'a', 0);
  assert.equal(none.get('x', 0), null);
});
