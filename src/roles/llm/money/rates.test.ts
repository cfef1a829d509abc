// Limits by the minute and at the same time, at their edges.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claim } from '../../../testing/wallets.ts';
import { type RateHold, Rates } from './rates.ts';
import type { RateRule } from './rules.ts';

function limit(changes: Partial<RateRule>): RateRule {
  const none = { requestsPerMinute: null, tokensPerMinute: null, parallel: null };
  return { id: 'limit', by: 'key', name: null, at: '', ...none, ...changes };
}

function held(result: ReturnType<Rates['take']>): RateHold {
  assert.ok('counts' in result, 'it was refused');
  return result;
}

function refused(result: ReturnType<Rates['take']>): string {
  return 'reason' in result ? result.reason : 'taken';
}

test('so many requests in any minute, for each key by itself; a further attempt is none', () => {
  const rates = new Rates();
  const rules = [limit({ requestsPerMinute: 2 })];
  held(rates.take(rules, claim(1), 0));
  held(rates.take(rules, claim(1), 30_000));
  assert.equal(refused(rates.take(rules, claim(1), 59_999)), 'limit-rpm');
  held(rates.take(rules, claim(1, { again: true }), 59_999));
  held(rates.take(rules, claim(1, { key: 'other' }), 59_999));
  held(rates.take(rules, claim(1), 61_000));
  assert.equal(refused(rates.take(rules, claim(1), 61_000)), 'limit-rpm');
});

test('tokens are expected first and counted after', () => {
  const rates = new Rates();
  const rules = [limit({ tokensPerMinute: 100 })];
  const first = held(rates.take(rules, claim(1, { tokens: 60 }), 0));
  assert.equal(refused(rates.take(rules, claim(1, { tokens: 41 }), 0)), 'limit-tpm');
  rates.release(first, 10);
  const second = held(rates.take(rules, claim(1, { tokens: 90 }), 0));
  rates.release(second, null);
  assert.equal(refused(rates.take(rules, claim(1, { tokens: 1 }), 0)), 'limit-tpm');
});

test('so many at the same time, and a place is free when its call has ended', () => {
  const rates = new Rates();
  const rules = [limit({ parallel: 1 })];
  const first = held(rates.take(rules, claim(1), 0));
  assert.equal(refused(rates.take(rules, claim(1), 0)), 'limit-parallel');
  rates.release(first, 1);
  held(rates.take(rules, claim(1), 0));
});

test('a refusal by one limit takes nothing from the others', () => {
  const rates = new Rates();
  const rules = [limit({ requestsPerMinute: 2 }), limit({ id: 'b', parallel: 1 })];
  const first = held(rates.take(rules, claim(1), 0));
  for (let n = 0; n < 5; n++)
    assert.equal(refused(rates.take(rules, claim(1), 0)), 'limit-parallel');
  rates.release(first, 1);
  held(rates.take(rules, claim(1), 0));
});
