// What a refusal says of amounts, in words that people act on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deniedByBudget } from './money-text.ts';

test('a refusal rounds what is needed up and what is left down, and shows small amounts', () => {
  const by = { by: 'all', name: null, limitNanoUsd: 10_000, window: 'total', at: '' } as const;
  const short = { ...by, id: 'all' };
  const route = { provider: 'box', model: 'm', deployment: 'm', nanoUsd: 4_301 };
  const { message, reason } = deniedByBudget(
    { short, subject: '', leftNanoUsd: 4_290 },
    [route],
    0,
  );
  assert.equal(reason, 'budget-exhausted');
  assert.equal(
    message,
    'This call may cost up to $0.0000044 at box, and $0.0000042 is left of the budget of ' +
      '$0.000010 in total.',
  );
});
