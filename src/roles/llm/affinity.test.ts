// A conversation stays where it is: with the deployment that has its prompt in the cache, made its
// signatures, or keeps the response it goes on from.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { otherKey, testPrice, virtualKey } from '../../testing/provider-stack.ts';
import { ofKinds, sharedProvider, sharedStack } from '../../testing/shared-provider.ts';

const provider = await sharedProvider();
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const asked: string[] = [];
let responses = 0;

const deployments = (from: string) =>
  names.map((model) => ({ provider: from, model, price: testPrice, inputTokensMax: 1_000 }));
const stack = await sharedStack({
  provider,
  settings: (input) => ({
    ...ofKinds(input, { claude: 'anthropic', gpt: 'openai' }),
    models: [
      { name: 'sonnet', deployments: deployments('claude'), retries: { 'server-error': 8 } },
      { name: 'mini', deployments: deployments('gpt') },
    ],
  }),
});
beforeEach(() => {
  asked.length = 0;
  provider.respond = ({ body }, response) => {
    asked.push(JSON.parse(body.toString()).model);
    responses += 1;
    const usage = { input_tokens: 1, output_tokens: 1 };
    const answer = { type: 'message', id: `resp_${responses}`, usage };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
});

async function ask(path: string, body: object): Promise<{ id: string }> {
  const headers = { 'x-api-key': virtualKey, 'content-type': 'application/json' };
  const answer = await fetch(`${stack.url}${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  });
  assert.equal(answer.status, 200);
  return (await answer.json()) as { id: string };
}

/** A turn of the conversation that began with `opening`, so many turns on. */
const turn = (opening: string, turns: number) => ({
  model: 'sonnet',
  max_tokens: 5,
  messages: [
    { role: 'user', content: opening.repeat(600) },
    ...Array.from({ length: turns }, (_, at) => ({ role: 'user', content: `turn ${at}` })),
  ],
});

test('every turn of a conversation goes to one deployment, another conversation to its own', async () => {
  for (let at = 0; at < 5; at += 1) await ask('/v1/messages', turn('same', at));
  assert.equal(new Set(asked).size, 1);
  asked.length = 0;
  for (const opening of names) await ask('/v1/messages', turn(opening, 0));
  assert.ok(new Set(asked).size > 1);
});

test('a conversation moves when its deployment fails, and stays where it went', async () => {
  await ask('/v1/messages', turn('move', 0));
  const [first] = asked;
  const good = provider.respond;
  provider.respond = (received, response) => {
    if (JSON.parse(received.body.toString()).model === first) response.writeHead(500).end('{}');
    else good?.(received, response);
  };
  await ask('/v1/messages', turn('move', 1));
  provider.respond = good;
  await ask('/v1/messages', turn('move', 2));
  const [, second, third] = asked;
  assert.notEqual(second, first);
  assert.equal(third, second);
});

test('a response goes on at the deployment that keeps it', async () => {
  const input = { model: 'mini', input: 'x', max_output_tokens: 5 };
  for (let round = 0; round < 4; round += 1) {
    asked.length = 0;
    const { id } = await ask('/v1/responses', input);
    await ask('/v1/responses', { ...input, previous_response_id: id });
    await ask('/v1/responses', { ...input, previous_response_id: id });
    assert.equal(new Set(asked).size, 1);
  }
});

test('nobody goes on from a response that another key asked for', async () => {
  const input = { model: 'mini', input: 'x', max_output_tokens: 5 };
  const { id } = await ask('/v1/responses', input);
  const goOn = (url: string, key: string) =>
    fetch(`${url}/v1/responses`, {
      ...{ method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' } },
      body: JSON.stringify({ ...input, previous_response_id: id }),
    });
  const refused = await goOn(stack.otherUrl, otherKey);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /another key asked for it/);
  assert.equal(asked.length, 1);
  assert.equal((await goOn(stack.url, virtualKey)).status, 200);
});

test('a response that was made by nobody known is asked of one after the other', async () => {
  await ask('/v1/responses', { model: 'mini', input: 'x', previous_response_id: 'resp_of_old' });
  assert.equal(asked.length, 1);
});
