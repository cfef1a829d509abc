// The same request again, over the wire: who gets the answer that was given before, whole and in
// which form, what it costs, and what is never given twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  askCached,
  chatAnswer,
  keepCachedStack,
  startCachedStack,
} from '../../../testing/cached-stack.ts';
import { askModel, lastDecision, moneyOf } from '../../../testing/provider-calls.ts';
import { otherKey, virtualKey } from '../../../testing/provider-stack.ts';
import { SpendBook } from '../spend/spend-query.ts';

const kept = keepCachedStack();
const { ask } = kept;
/** Requests that went to the provider in this test. */
const calls = () => kept.stack.provider.requests.length - kept.asked;
const lastRecord = async () => {
  await new Promise((next) => setImmediate(next));
  return kept.stack.lines.findLast(({ event }) => event === 'decision') ?? {};
};

test('the same request again is answered with the same bytes, and nobody is asked', async () => {
  const first = await ask('one');
  const again = await ask('one');
  assert.deepEqual([first.did, again.did, calls()], ['miss', 'exact', 1]);
  assert.equal(again.answer, first.answer);
  assert.equal(again.answer, chatAnswer('of one'));
  assert.equal(again.headers['content-type'], 'application/json');
  assert.equal(again.headers['x-litellm-cache-key'], first.headers['x-litellm-cache-key']);
});

test('a stream is answered again as a stream, with its end and its counts', async () => {
  const body = { stream: true, stream_options: { include_usage: true } };
  const first = await ask('streamed', { body });
  const again = await ask('streamed', { body });
  assert.deepEqual([again.did, calls()], ['exact', 1]);
  assert.equal(again.answer, first.answer);
  assert.equal(again.answer, chatAnswer('of streamed', true));
  assert.match(String(again.headers['content-type']), /^text\/event-stream/);
  assert.equal((await ask('streamed')).did, 'miss');
});

test('a client that did not ask for counts in its stream gets none, first or again', async () => {
  const first = await ask('uncounted', { body: { stream: true } });
  const again = await ask('uncounted', { body: { stream: true } });
  assert.equal(again.did, 'exact');
  assert.equal(again.answer, first.answer);
  assert.doesNotMatch(again.answer, /prompt_tokens/);
});

test('an answer that was translated is kept in the words of the client', async () => {
  kept.stack.provider.respond = null;
  const body = { model: 'sonnet', max_tokens: 50 };
  const first = await ask('translated', { body });
  const again = await ask('translated', { body });
  assert.equal(first.headers['x-clincher-translated'], 'chat, messages');
  assert.deepEqual([again.did, calls()], ['exact', 1]);
  assert.equal(again.answer, first.answer);
  assert.equal(JSON.parse(again.answer).object, 'chat.completion');
});

test('what it saved is in the record, the ledger and the metrics, and nothing was spent', async () => {
  await ask('money');
  await lastRecord();
  const before = await moneyOf(kept.stack);
  const { headers } = await ask('money', { headers: { 'x-request-id': 'saved-1' } });
  assert.equal(headers['x-request-id'], 'saved-1');
  const record = await lastRecord();
  const saved = 100 * 3_000 + 10 * 15_000;
  assert.equal(record.cache, 'exact');
  assert.equal(record.cacheSavedNanoUsd, saved);
  assert.equal(record.reason, 'allowed');
  assert.deepEqual(await moneyOf(kept.stack), before);
  await new Promise((done) => setTimeout(done, 50));
  using book = new SpendBook(kept.stack.settings.stateDir);
  const all = { fromMs: 0, untilMs: Date.now() + 60_000 };
  const { spentNanoUsd, ...sums } = book.total({ ...all, requestId: 'saved-1' });
  assert.deepEqual([spentNanoUsd, sums.cachedCalls, sums.cachedNanoUsd], [0, 1, saved]);
});

test('Anthropic asks and is answered again in its own words', async () => {
  kept.stack.provider.respond = null;
  const first = await askModel(kept.stack);
  const again = await askModel(kept.stack);
  assert.deepEqual([again.headers['x-clincher-cache'], calls()], ['exact', 1]);
  assert.equal(again.answer, first.answer);
});

test('whoever calls from elsewhere, or with another key, is asked for anew', async () => {
  await ask('isolated');
  const other = await askCached({ url: kept.stack.otherUrl }, 'isolated', { key: otherKey });
  assert.deepEqual([other.did, calls()], ['miss', 2]);
  const session = await ask('isolated', { headers: { 'x-clincher-session': 's9' } });
  assert.deepEqual([session.did, calls()], ['miss', 3]);
});

test("LiteLLM's controls: no-cache asks and keeps, no-store keeps nothing", async () => {
  const control = (text: string, cache: object) => ask(text, { body: { cache } });
  await ask('controls');
  assert.equal((await control('controls', { 'no-cache': true })).did, 'miss');
  assert.equal((await control('controls', { 's-maxage': 60 })).did, 'exact');
  assert.equal((await control('controls', { namespace: 'n' })).did, 'miss');
  assert.equal((await control('controls', { namespace: 'n' })).did, 'exact');
  assert.equal((await control('unkept', { 'no-store': true })).did, 'miss');
  assert.equal((await ask('unkept')).did, 'miss');
  assert.equal((await control('short', { ttl: 0 })).did, 'miss');
  assert.equal((await ask('short')).did, 'miss');
  assert.equal((await control('odd', { ttl: 'soon' })).did, '');
  // What is said to the cache is not the provider's business.
  const sent = kept.stack.provider.requests.slice(kept.asked).map(({ body }) => String(body));
  assert.equal(
    sent.find((body) => body.includes('"cache"')),
    undefined,
  );
});

test('an answer is given for as long as it may be, and an older one than asked for is not', async () => {
  let nowMs = Date.now();
  const world = { ...(await import('../../../kit/world.ts')).systemWorld(), now: () => nowMs };
  await using timed = await startCachedStack(
    { ttlMs: 10_000 },
    { world, provider: kept.stack.provider },
  );
  const control = (cache?: object) => askCached(timed, 'time', cache ? { body: { cache } } : {});
  await control();
  nowMs += 6_000;
  const aged = await control();
  assert.deepEqual([aged.did, aged.headers.age], ['exact', '6']);
  assert.equal((await control({ 's-maxage': 5 })).did, 'miss');
  nowMs += 10_001;
  assert.equal((await control()).did, 'miss');
});

test('without a budget there is no answer from the model, and one from the cache still', async () => {
  await using poor = await startCachedStack(
    {},
    {
      provider: kept.stack.provider,
      settings: (input) => ({
        ...input,
        budgets: [{ limitNanoUsd: 40_000_000, window: 'day', at: 'clincher.yaml:4:1' }],
      }),
    },
  );
  assert.equal((await askCached(poor, 'kept')).did, 'miss');
  for (let n = 0; n < 60; n += 1) await askCached(poor, `spend ${n}`);
  assert.equal((await askCached(poor, 'not kept')).status, 402);
  assert.equal((await askCached(poor, 'kept')).did, 'exact');
});

test('a key that may not ask for the model, or is not one, gets nothing from the cache', async () => {
  await using strict = await startCachedStack(
    { share: 'everyone' },
    {
      provider: kept.stack.provider,
      settings: (input) => ({
        ...input,
        keys: [
          { name: 'agent', secret: 'agent-key', caller: 'gateway' },
          { name: 'other', secret: 'other-key', caller: 'gateway', models: ['sonnet'] },
        ],
      }),
    },
  );
  assert.equal((await askCached(strict, 'shared')).did, 'miss');
  assert.equal((await askCached(strict, 'shared')).did, 'exact');
  assert.equal((await askCached(strict, 'shared', { key: otherKey })).status, 403);
  assert.equal((await askCached(strict, 'shared', { key: `${virtualKey}x` })).status, 401);
});

test('a loop that is refused is refused though its answer is there', async () => {
  await using guarded = await startCachedStack(
    {},
    {
      provider: kept.stack.provider,
      settings: (input) => ({ ...input, guards: { loops: { repeats: 2, action: 'refuse' } } }),
    },
  );
  const did = [];
  for (let n = 0; n < 3; n += 1) did.push((await askCached(guarded, 'again')).status);
  assert.deepEqual(did, [200, 200, 429]);
});

test('every request leaves one record that says what the cache did', async () => {
  const count = kept.stack.lines.filter(({ event }) => event === 'decision').length;
  await ask('record');
  assert.equal((await lastDecision(kept.stack, count + 1)).cache, 'miss');
  await ask('record');
  const record = await lastDecision(kept.stack, count + 2);
  assert.equal(record.cache, 'exact');
  assert.equal(typeof record.cacheFrom, 'string');
});

test('where APIs are named, answers of the others are not kept', async () => {
  await using other = await startCachedStack({ apis: ['messages'] });
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal((await askCached(other, 'how old is it?')).did, '');
  }
  assert.equal(other.provider.requests.length, 2);
});
