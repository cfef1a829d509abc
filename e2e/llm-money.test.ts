// The money proof in short: a hundred random histories against the real process. The long run is
// `npm run prove:money`.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { proveMoney } from '../src/testing/money-proof/prove.ts';

for (const shared of [false, true]) {
  const who = shared ? 'two processes that share a Redis' : 'the process';
  test(`whatever happens to calls and ${who}, no budget is exceeded, nothing lost`, async (t) => {
    const seed = randomInt(1_000_000_000);
    t.diagnostic(`seed ${seed}`);
    const histories = shared ? 40 : 100;
    const proved = await proveMoney({ seed, histories, killShare: 0.03, shared });
    const { tally, spent, billed, exact } = proved;
    t.diagnostic(`${tally.calls} calls, ${tally.kills} kills, ${exact} the same exactly`);
    assert.ok(billed > 0 && spent >= billed);
    // How many are refused hangs on the seed, and on how long Redis was away; of those that were
    // answered most are counted to the end.
    const answered = tally.statuses.get(200) ?? 0;
    assert.ok(answered >= 10, `${answered} answered of ${tally.calls}`);
    assert.ok(exact > answered / 2, `${exact} of ${answered}`);
    // Refused for money, answered, and failed by the provider: each was met.
    for (const status of [200, 402]) assert.ok((tally.statuses.get(status) ?? 0) > 0, `${status}`);
  });
}
