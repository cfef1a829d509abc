// The real agent's own requests meet the cache: what of its traffic is answered again, by kind of
// turn, and why the rest is not. Nothing that a tool did is ever answered from before.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AgentStack, bringUpAgent } from '../src/testing/agent-stack.ts';
import { askAgent } from '../src/testing/ask-agent.ts';
import { toolTurn } from '../src/testing/tool-turn.ts';

let stack: AgentStack;
before(async () => {
  stack = await bringUpAgent({
    dialect: 'openai',
    more: 'cache: { mode: semantic, share: key }\n',
  });
});
after(() => stack[Symbol.asyncDispose]());

type Row = Readonly<Record<string, unknown>>;

/** What the cache did with the agent's requests in a turn. */
async function turn(content: string): Promise<readonly Row[]> {
  const before = (await modelCalls()).length;
  const { status, body } = await askAgent(stack, content);
  assert.equal(status, 200, body);
  return (await modelCalls()).slice(before);
}

async function modelCalls(): Promise<readonly Row[]> {
  return (await stack.decisions('llm')).filter(({ model }) => model === 'default');
}

const said = (rows: readonly Row[]) =>
  rows.map(({ cache, cacheWhy, cacheLeft }) =>
    [cache, cacheWhy, cacheLeft].filter(Boolean).join(' '),
  );

test('what the agent asks is answered again where it may be, and never where a tool spoke', async (t) => {
  const families = new Map<string, string[]>();
  const add = (family: string, rows: readonly Row[]) =>
    families.set(family, [...(families.get(family) ?? []), ...said(rows)]);
  add('a question', await turn('What is the capital of France?'));
  add('the same question', await turn('What is the capital of France?'));
  add('the same in other words', await turn('Which city is the capital of France?'));
  const asked = stack.provider.requests.length;
  stack.provider.respond = toolTurn({
    tool: 'exec',
    input: { command: 'date' },
    closing: 'The tool has run.',
  });
  for (const family of ['a turn with a tool', 'the same turn with a tool']) {
    const rows = await turn('Run the command date, and say what it gave.');
    add(family, rows);
    assert.ok(
      rows.some(({ cacheWhy }) => cacheWhy === 'tool-turn'),
      JSON.stringify(rows),
    );
    assert.ok(rows.every(({ cache }) => !['exact', 'semantic', 'joined'].includes(String(cache))));
  }
  assert.ok(stack.provider.requests.length >= asked + 4);
  for (const [family, did] of families) t.diagnostic(`${family}: ${did.join(', ')}`);
  // It writes the time and the name of the conversation into what a person said.
  for (const family of ['the same question', 'the same in other words']) {
    assert.deepEqual(families.get(family), ['miss nothing-near'], family);
  }
  const all = [...families.values()].flat();
  assert.ok(all.length >= 7 && all.every((did) => did !== ''), all.join(', '));
  t.diagnostic((await stack.clincher('cache', 'stats')).stdout);
});
