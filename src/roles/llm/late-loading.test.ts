// What is loaded with the first request that needs it: for many such requests at once, and where it
// cannot be loaded, as when no descriptor is left.

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { lastDecision, moneyOf } from '../../testing/provider-calls.ts';
import { type LlmStack, startLlmStack, virtualKey } from '../../testing/provider-stack.ts';
import { sharedProvider } from '../../testing/shared-provider.ts';

const masterKey = 'sk-master-0123456789abcdef';
const atOnce = 8;
const provider = await sharedProvider();

let unreadable = '';
registerHooks({
  load(url, context, next) {
    if (unreadable === '' || !url.endsWith(unreadable)) return next(url, context);
    throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  },
});

const translated = {
  file: '/llm-translate/translate.ts',
  key: virtualKey,
  path: '/v1/messages',
  body: { model: 'mini', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
  fault: { type: 'error', error: { type: 'api_error', code: 'internal-fault' } },
} as const;
const administered = {
  file: '/keys/admin-api.ts',
  key: masterKey,
  path: '/key/generate',
  body: {},
  fault: { error: { type: 'server_error', code: 'internal-fault' } },
} as const;

for (const [what, late] of Object.entries({ translated, administered })) {
  test(`what is ${what} is refused while what it takes cannot be loaded, then answered`, async () => {
    await using stack = await startStack();
    const before = provider.requests.length;
    unreadable = late.file;
    for (const { status, headers, answer } of await askAtOnce(stack, late)) {
      assert.deepEqual([status, headers.get('x-clincher-reason')], [500, 'internal-fault']);
      assert.partialDeepStrictEqual(JSON.parse(answer), late.fault);
    }
    const record = await lastDecision(stack, atOnce);
    assert.deepEqual([record.verdict, record.reason], ['deny', 'internal-fault']);
    const logged = stack.lines.filter(({ event }) => event === 'request-failed');
    assert.equal(logged.filter(({ error }) => /EMFILE/.test(String(error))).length, atOnce);
    assert.equal(provider.requests.length, before, 'no provider was asked');
    const { spent, reserved } = await moneyOf(stack);
    assert.deepEqual({ spent, reserved }, { spent: 0, reserved: 0 });
    unreadable = '';
    for (const { status, answer } of await askAtOnce(stack, late))
      assert.equal(status, 200, answer);
    assert.equal((await moneyOf(stack)).reserved, 0);
  });
}

function startStack(): Promise<LlmStack> {
  return startLlmStack({
    provider,
    secrets: {
      ...{ 'agent-key': virtualKey, 'other-key': 'vk-other-0123456789abcdef' },
      ...{ 'provider-claude-key': 'sk-claude', 'provider-gpt-key': 'sk-gpt' },
      'master-key': masterKey,
    },
    settings: (input) => ({ ...input, masterKey: 'master-key' }),
  });
}

function askAtOnce(
  { url }: LlmStack,
  { path, key, body }: typeof translated | typeof administered,
) {
  const one = async () => {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, answer: await answer.text() };
  };
  return Promise.all(Array.from({ length: atOnce }, one));
}
