// The money proof in short: a hundred random histories against the real process. The long run is
// `npm run prove:money`.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { proveMoney } from '../src/testing/money-proof/prove.ts';

test('whatever happens to calls and to the process, no budget is exceeded and nothing is lost', async (t) => {
  const seed = randomInt(1_000_000_000);
  t.diagnostic(`seed ${seed}`);
  const { tally, spent, billed, exact } = await proveMoney({
    seed,
    histories: 100,
    killShare: 0.03,
  });
  t.diagnostic(`${tally.calls} calls, ${tally.kills} kills, ${exact} the same exactly`);
  assert.ok(billed > 0 && spent >= billed);
  assert.ok(exact > tally.calls / 4, `${exact} of ${tally.calls}`);
  // Refused for money, answered, and failed by the provider: each was met.
  for (const status of [200, 402]) assert.ok((tally.statuses.get(status) ?? 0) > 0, `${status}`);
});
