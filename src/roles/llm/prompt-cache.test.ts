// Cache breakpoints for clients that place none: where they go, where they do not, and what they
// save, in the record, in the ledger and as `clincher spend` says it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSpend } from '../../cli/spend/read-spend.ts';
import { spendLines } from '../../cli/spend/spend-text.ts';
import { lastDecision } from '../../testing/provider-calls.ts';
import { testPrice, virtualKey } from '../../testing/provider-stack.ts';
import { deployment, sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const price = { ...testPrice, cacheReadNanoUsd: 300, cacheWriteNanoUsd: 3_750 };
const provider = await sharedProvider();
const stack = await sharedStack({
  provider,
  settings: (input) => ({
    ...input,
    models: [
      { name: 'sonnet', deployments: [deployment('real', { price })] },
      { name: 'plain', deployments: [deployment('real', { price })], promptCache: 'off' },
    ],
  }),
});

let count = 0;

async function send(path: string, body: string) {
  const answer = await fetch(`${stack.url}${path}`, {
    ...{ method: 'POST', body, headers: { authorization: `Bearer ${virtualKey}` } },
  });
  assert.equal(answer.status, 200, await answer.text());
  count += 1;
  const record = await lastDecision(stack, count);
  return { record, sent: provider.requests.at(-1)?.body.toString() ?? '' };
}

function answering(more: object): void {
  const usage = { input_tokens: 10, output_tokens: 1, ...more };
  provider.respond = (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ type: 'message', content: [], usage }));
}

const said = `{"role":"user","content":"${'x'.repeat(5_000)}"}`;
const turns = (model: string, more = '') =>
  `{"model":"${model}","max_tokens":5,${more}"messages":[${said},{"role":"user","content":"y"}]}`;
const mark = '[{"type":"text","text":"y","cache_control":{"type":"ephemeral"}}]';

test('breakpoints are put into a conversation that has none, and nothing else is changed', async () => {
  answering({});
  const { sent, record } = await send('/v1/messages', turns('sonnet'));
  assert.equal(sent, turns('sonnet').replace('"sonnet"', '"real"').replace('"y"', mark));
  assert.equal(record.cacheMarked, true);
});

test("the client's own marks are its own business, and a rule leaves a model's requests alone", async () => {
  answering({});
  const own = '"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],';
  const marked = await send('/v1/messages', turns('sonnet', own));
  assert.equal(marked.sent, turns('sonnet', own).replace('"sonnet"', '"real"'));
  const off = await send('/v1/messages', turns('plain'));
  assert.equal(off.sent, turns('plain').replace('"plain"', '"real"'));
  assert.equal(off.record.cacheMarked, undefined);
});

test("a conversation in OpenAI's words is marked too, a lone question is not", async () => {
  answering({});
  const one = { role: 'user', content: 'x'.repeat(5_000) };
  const marks = async (model: string, messages: object[]) => {
    const body = JSON.stringify({ model, max_tokens: 5, messages });
    return (await send('/v1/chat/completions', body)).sent.split('cache_control').length;
  };
  const more = [one, { role: 'assistant', content: 'y' }, one];
  assert.equal(await marks('sonnet', [one]), 1);
  assert.equal(await marks('sonnet', more), 2);
  assert.equal(await marks('plain', more), 1);
});

test('what reads save and writes cost more is in the ledger, and said by the command', async () => {
  const sums = () => readSpend({ config: 'x', ledger: join(stack.folder, 'state') }, Date.now());
  const before = sums().total.savedNanoUsd;
  answering({ cache_creation_input_tokens: 1_000 });
  const write = await send('/v1/messages', turns('sonnet'));
  assert.equal(write.record.savedNanoUsd, 1_000 * (3_000 - 3_750));
  answering({ cache_read_input_tokens: 2_000 });
  const read = await send('/v1/messages', turns('sonnet'));
  assert.equal(read.record.savedNanoUsd, 2_000 * (3_000 - 300));
  // Settlements are written together, a moment later.
  let after = sums();
  const until = performance.now() + 2_000;
  while (after.total.cacheRead < 2_000 && performance.now() < until) after = sums();
  assert.equal(after.total.savedNanoUsd - before, 2_000 * 2_700 - 1_000 * 750);
  assert.match(spendLines(after, true).join('\n'), /\$0\.0047 saved by prompt caching/);
});
