// Budgets shared by two instances over a real Redis: no more is promised by both together, and a
// Redis that is slow, gone or has forgotten everything opens no budget.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createLog } from '../../../telemetry/log.ts';
import { startRedis, type TestRedis } from '../../../testing/redis-server.ts';
import { budget, claim, settlement, walletBench } from '../../../testing/wallets.ts';
import type { BudgetRule, RateRule } from '../money/rules.ts';
import type { LedgerWallet } from '../money/wallet.ts';
import { RedisGate } from './redis-gate.ts';
import { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(() => redis[Symbol.asyncDispose]());

interface Instance extends AsyncDisposable {
  readonly wallet: LedgerWallet;
  readonly spend: (nanoUsd: number, settled?: number) => Promise<string>;
  restart(): Promise<void>;
}

const world = systemWorld();
const log = createLog({}, () => {}, world.now);
let runs = 0;

function instance(
  name: string,
  budgets: readonly BudgetRule[],
  prefix: string,
  changes: Partial<RedisSettings> = {},
  rates: readonly RateRule[] = [],
): Instance {
  const at = walletBench();
  at.clock.wallMs = world.now();
  const settings = {
    ...{ url: 'redis://redis', password: null, prefix, instance: name, instances: 2 },
    // Of a busy machine a late answer says nothing.
    ...{ timeoutMs: 3_000, whenGone: 'refuse' as const, ...changes },
  };
  let wallet = at.open({ budgets, rates });
  const join = () => {
    const stack = new AsyncDisposableStack();
    const link = stack.use(
      new RedisLink({ ...settings, connect: redis.connect }, 'shared', world, log),
    );
    const gate = stack.use(new RedisGate(link, settings, () => wallet.totals(budgets), world));
    wallet.share(gate);
    return stack;
  };
  let gate = join();
  return {
    get wallet() {
      return wallet;
    },
    async spend(nanoUsd, settled = nanoUsd) {
      const result = await wallet.reserve(claim(nanoUsd));
      if ('denied' in result) return result.denied.reason;
      wallet.settle(result.reservation, settlement(settled));
      return 'spent';
    },
    async restart() {
      wallet[Symbol.dispose]();
      await gate[Symbol.asyncDispose]();
      wallet = at.open({ budgets, rates });
      gate = join();
    },
    async [Symbol.asyncDispose]() {
      wallet[Symbol.dispose]();
      await gate[Symbol.asyncDispose]();
      at[Symbol.dispose]();
    },
  };
}

/** A connection takes a moment, and all must have joined before anything is spent. */
async function joined(all: readonly Instance[], nanoUsd = 1): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const answers = await Promise.all(all.map(({ spend }) => spend(nanoUsd, 0)));
    // What was tried and given back is told a moment later.
    if (answers.every((answer) => answer === 'spent')) return settledDown();
    assert.ok(performance.now() < until, answers.join());
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const settledDown = () => new Promise<void>((resolve) => setTimeout(resolve, 150));

async function two(
  limitNanoUsd: number,
  changes: Partial<RedisSettings> = {},
  rates: readonly RateRule[] = [],
  rule: Partial<BudgetRule> = {},
) {
  const [budgets, prefix] = [[budget(limitNanoUsd, rule)], `test-${process.pid}-${runs++}`];
  await using opened = new AsyncDisposableStack();
  const a = opened.use(instance('a', budgets, prefix, changes, rates));
  const b = opened.use(instance('b', budgets, prefix, changes, rates));
  // More than the share that each could spend alone.
  await joined([a, b], (changes.whenGone ?? rule.whenGone) === undefined ? 1 : limitNanoUsd / 4);
  // What is not joined is closed again, or the test would wait for it for ever.
  const stack = opened.move();
  return { a, b, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('two instances at once promise no more than there is', async () => {
  await using stack = await two(1_000);
  const { a, b } = stack;
  const calls = Array.from({ length: 100 }, (_, n) =>
    (n % 2 === 0 ? a : b).wallet.reserve(claim(30)),
  );
  const results = await Promise.all(calls);
  const promised = results.filter((result) => 'reservation' in result).length;
  assert.ok(promised <= 33, `${promised} of 30 each`);
  assert.ok(promised >= 20, `${promised}: what was there was given`);
});

test('what one has spent the other cannot, and what one gave back it can', async () => {
  await using stack = await two(100);
  const { a, b } = stack;
  assert.equal(await a.spend(80, 10), 'spent');
  await settledDown();
  assert.equal(await b.spend(91), 'budget-exhausted');
  assert.equal(await b.spend(90), 'spent');
  assert.equal(await a.spend(1), 'budget-exhausted');
});

test('a Redis that does not answer costs a bounded time and opens nothing', async () => {
  await using stack = await two(1_000, { timeoutMs: 300 });
  redis.freeze(true);
  try {
    const startedMs = performance.now();
    assert.equal(await stack.a.spend(1), 'shared-state-unavailable');
    assert.ok(performance.now() - startedMs < 1_500, `${performance.now() - startedMs} ms`);
    const againMs = performance.now();
    assert.equal(await stack.a.spend(1), 'shared-state-unavailable');
    assert.ok(performance.now() - againMs < 100, 'known to be gone, it is not waited for again');
    assert.equal(await stack.a.spend(0), 'spent');
  } finally {
    redis.freeze(false);
  }
  await joined([stack.a, stack.b]);
});

test('a Redis that lost everything is told again, by all, before more is spent', async () => {
  await using stack = await two(100);
  const { a, b } = stack;
  assert.equal(await a.spend(60), 'spent');
  await redis.restart();
  assert.equal(await b.spend(50), 'shared-state-unavailable');
  await joined([a, b]);
  assert.equal(await b.spend(41), 'budget-exhausted');
  assert.equal(await b.spend(40), 'spent');
});

test('while one has not told what it spent, the other may spend nothing', async () => {
  await using stack = await two(100);
  const { a, b } = stack;
  assert.equal(await a.spend(60), 'spent');
  await a[Symbol.asyncDispose]();
  await redis.restart();
  const until = performance.now() + 2_500;
  while (performance.now() < until) {
    assert.equal(await b.spend(1), 'shared-state-unavailable');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('an instance that was started again knows what it has spent', async () => {
  await using stack = await two(100);
  const { a, b } = stack;
  assert.equal(await a.spend(60), 'spent');
  await a.restart();
  await redis.restart();
  await joined([a, b]);
  assert.equal(await b.spend(41), 'budget-exhausted');
});

test('where a share is kept for it, each may go on with its part while Redis is gone', async () => {
  await using stack = await two(1_000, { whenGone: 0.2, timeoutMs: 300 });
  const { a, b } = stack;
  assert.equal(await a.spend(799), 'spent');
  await settledDown();
  assert.equal(await b.spend(2), 'budget-exhausted');
  redis.freeze(true);
  try {
    for (const each of [a, b]) {
      assert.equal(await each.spend(60), 'spent');
      assert.equal(await each.spend(41), 'shared-state-unavailable');
      assert.equal(await each.spend(40), 'spent');
    }
  } finally {
    redis.freeze(false);
  }
});

test('calls at the same time are counted over both, and so are those of a minute', async () => {
  const most = { requestsPerMinute: null, tokensPerMinute: null, parallel: 3 };
  const rate: RateRule = { id: 'limit', by: 'key', name: null, at: '', ...most };
  await using stack = await two(1_000, {}, [rate]);
  const { a, b } = stack;
  const open = await Promise.all([a, a, b].map(({ wallet }) => wallet.reserve(claim(1))));
  assert.ok(open.every((result) => 'reservation' in result));
  assert.equal(await b.spend(1), 'limit-parallel');
  const [first] = open;
  assert.ok(first !== undefined && 'reservation' in first);
  a.wallet.settle(first.reservation, settlement(1));
  await settledDown();
  assert.equal(await b.spend(1), 'spent');
  await using other = await two(1_000, {}, [{ ...rate, parallel: null, requestsPerMinute: 400 }]);
  let spent = 0;
  for (let n = 0; n < 450; n++) {
    if ((await (n % 2 === 0 ? other.a : other.b).spend(0)) === 'spent') spent += 1;
  }
  assert.ok(spent <= 400, `${spent}`);
  assert.equal(await other.a.spend(1), 'limit-rpm');
});

test('while Redis is gone, each instance keeps to its part of a limit', async () => {
  const most = { requestsPerMinute: 600, tokensPerMinute: null, parallel: 4 };
  const rate: RateRule = { id: 'limit', by: 'all', name: null, at: '', ...most };
  await using stack = await two(1_000, { timeoutMs: 300 }, [rate]);
  redis.freeze(true);
  try {
    for (const { wallet } of [stack.a, stack.b]) {
      const free = () => wallet.reserve(claim(0));
      const answers = [await free(), await free(), await free()];
      const refused = answers.flatMap((one) => ('denied' in one ? [one.denied.reason] : []));
      assert.deepEqual(refused, ['limit-parallel']);
    }
  } finally {
    redis.freeze(false);
  }
});

test('a budget and a limit can each have a rule of their own for it', async () => {
  const most = { requestsPerMinute: null, tokensPerMinute: null, parallel: 100 };
  const strict: RateRule = { id: 'limit', by: 'key', name: null, at: '', ...most };
  const rates = [{ ...strict, whenGone: 'refuse' as const, by: 'session' as const }];
  await using stack = await two(1_000, { timeoutMs: 300 }, rates, { whenGone: 0.2 });
  const { a } = stack;
  assert.equal(await a.spend(801, 0), 'budget-exhausted', 'a share is kept back');
  redis.freeze(true);
  try {
    assert.equal(await a.spend(101, 0), 'shared-state-unavailable');
    assert.equal(await a.spend(100, 0), 'spent');
    const limited = await a.wallet.reserve(claim(0, { session: 's' }));
    assert.ok('denied' in limited && limited.denied.reason === 'limit-parallel');
  } finally {
    redis.freeze(false);
  }
});
