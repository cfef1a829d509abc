// Alarms on their way to whoever the settings name: over the wire, and what becomes of them when
// nobody takes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { askModel, lastDecision, modelBody, worstOf } from '../../../testing/provider-calls.ts';
import { realKey, startLlmStack, virtualKey } from '../../../testing/provider-stack.ts';
import { sharedProvider } from '../../../testing/shared-provider.ts';
import { recordedTelemetry } from '../../../testing/wire.ts';
import { UpstreamFailure } from '../upstream/upstream.ts';
import { Webhook, type WebhookSettings } from './webhook.ts';

const provider = await sharedProvider();
const token = 'token-of-the-hook-1234567890';

test('an alarm is posted where the settings say, and its address stays inside', async () => {
  const posted = Promise.withResolvers<Record<string, unknown>>();
  const refused = Promise.withResolvers<Record<string, unknown>>();
  const usage = { input_tokens: 4_000, output_tokens: 1 };
  provider.respond = ({ url, body, headers }, response) => {
    if (!url.startsWith('/hook')) return void response.end(JSON.stringify({ usage }));
    assert.deepEqual([url, headers.authorization], [`/hook?to=${token}`, undefined]);
    const alarm = JSON.parse(body.toString());
    if (alarm.kind === 'budget-low') posted.resolve(alarm);
    if (alarm.kind === 'budget-exhausted') refused.resolve(alarm);
    response.end();
  };
  const address = `https://provider.test:${provider.port}/hook?to=${token}`;
  await using stack = await startLlmStack({
    provider,
    secrets: { 'agent-key': virtualKey, 'provider-claude-key': realKey, hook: address },
    settings: (input) => ({
      ...input,
      alarms: { webhook: 'hook' },
      dial: {
        ...(input.dial as object),
        'alarms.webhook': { direct: `tcp:127.0.0.1:${provider.port}` },
      },
      caFiles: {
        ...(input.caFiles as object),
        'alarms.webhook': (input.caFiles as { claude: string }).claude,
      },
      budgets: [{ limitNanoUsd: worstOf(modelBody) + 1, window: 'day', at: 'clincher.yaml:4:1' }],
    }),
  });
  assert.equal((await askModel(stack)).status, 200);
  const alarm = await posted.promise;
  assert.deepEqual([alarm.event, alarm.kind], ['threshold_crossed', 'budget-low']);
  assert.equal(alarm.at, 'clincher.yaml:4:1');
  assert.match(String(alarm.event_message), /^A budget is nearly spent: /);
  // Whoever has the address can post there: it is a secret like the others.
  const { status } = await askModel(stack, { body: modelBody.replace('hi', address) });
  assert.equal(status, 402);
  assert.equal((await lastDecision(stack, 2)).secretsMasked, 1);
  const spent = await refused.promise;
  assert.deepEqual([spent.event, spent.at], ['budget_crossed', 'clincher.yaml:4:1']);
  assert.ok(!JSON.stringify(stack.lines).includes(token));
});

/** What became of one alarm, with these answers of the receiver, one after the other. */
function sending(answers: readonly (number | 'gone')[], url: URL | null = new URL('https://h/x')) {
  const posts: string[] = [];
  const { log, lines } = recordedTelemetry('llm');
  const call = async ({ path }: { path: string }) => {
    const answer = answers[posts.length] ?? 200;
    posts.push(path);
    if (answer === 'gone') throw new UpstreamFailure('upstream-unreachable', 'gone', false);
    return { status: answer, headers: {}, body: { destroy() {} }, tunnel: '' };
  };
  const connect = () => ({ call, [Symbol.dispose]() {} }) as never;
  const settings: WebhookSettings = { url: () => url, connect, waitsMs: [1, 1] };
  const webhook = new Webhook(settings, systemWorld(), log);
  return { webhook, posts, lines };
}

const alarm = { kind: 'loop', subject: 'agent', fields: {} } as const;

test('an alarm that is not taken is sent again, and given up in the log after the third time', async () => {
  for (const [answers, posts, isGivenUp] of [
    [[500, 'gone', 204], 3, false],
    [[429, 503, 'gone'], 3, true],
    [[200], 1, false],
  ] as const) {
    const sent = sending(answers);
    sent.webhook.send(alarm);
    await settled(() => sent.posts.length === posts);
    await settled(() => !isGivenUp || sent.lines().length > 0);
    assert.equal(sent.posts.length, posts);
    const given = sent.lines().map(({ event }) => event);
    assert.deepEqual(given, isGivenUp ? ['alarm-not-sent'] : []);
  }
});

test('without an address nothing is dialled, and too many at once are given up', async () => {
  const nowhere = sending([], null);
  nowhere.webhook.send(alarm);
  await settled(() => nowhere.lines().length > 0);
  assert.deepEqual(nowhere.posts, []);
  const many = sending([]);
  for (let count = 0; count < 150; count += 1) many.webhook.send(alarm);
  await settled(() => many.posts.length >= 101);
  // One on its way, and so many that wait.
  assert.deepEqual([many.posts.length, many.lines().length], [101, 49]);
});

async function settled(isSo: () => boolean): Promise<void> {
  const until = performance.now() + 5_000;
  while (!isSo() && performance.now() < until) await new Promise((next) => setTimeout(next, 1));
}
