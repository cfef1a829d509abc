// The main job with the real agent in jails, its tools in the agent's own. What of the agent's own
// requests the cache of answers gives again, by kind of turn. And a person who writes to it on
// Telegram.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { Agent, request } from 'undici';
import { describeChannel, withBot } from '../src/testing/agent-channel.ts';
import { agentContract } from '../src/testing/agent-contract.ts';
import type { AgentStack } from '../src/testing/agent-stack.ts';
import { describeStrangers } from '../src/testing/agent-strangers.ts';
import { askAgent } from '../src/testing/ask-agent.ts';
import { toolTurn } from '../src/testing/tool-turn.ts';

agentContract('in jails', withBot, (stack) => {
  describeCache(stack);
  describeStrangers(stack);
  describeMetrics(stack);
  describeChannel(stack);
});

/** The relay asks every half minute, and the agent looks at its memory when it sees fit. */
const askedWithinMs = 180_000;
const said = [
  /^clincher_agent_events_total.*"model.call.completed"\} [1-9]/m,
  /^clincher_agent_memory_bytes\{service="gateway",kind="rss"\} [1-9]/m,
] as const;

function describeMetrics(stack: () => AgentStack): void {
  it('what the agent says it has done is on the page of metrics, and nothing of whom for', async () => {
    const token = await readFile(join(stack().state, 'secrets/generated/metrics-token'), 'utf8');
    const dispatcher = new Agent({ connect: { ca: await stack().ca() } });
    const headers = { authorization: `Bearer ${token.trim()}` };
    const until = performance.now() + askedWithinMs;
    let page = '';
    for (;;) {
      const { body } = await request(`${stack().origin}/metrics`, { headers, dispatcher });
      page = await body.text();
      if (said.every((line) => line.test(page))) break;
      assert.ok(performance.now() < until, page);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    assert.doesNotMatch(page, /session:|agent:main/);
    await dispatcher.close();
  });
}

type Row = Readonly<Record<string, unknown>>;

/** What the cache did with the agent's requests in a turn. */
async function rowsOf(stack: AgentStack, content: string): Promise<readonly Row[]> {
  const modelCalls = async () =>
    (await stack.decisions('llm')).filter(({ model }) => model === 'default');
  const before = (await modelCalls()).length;
  const { status, body } = await askAgent(stack, content);
  assert.equal(status, 200, body);
  return (await modelCalls()).slice(before);
}

function describeCache(stack: () => AgentStack): void {
  it('what the agent asks is answered again where it may be, and never where a tool spoke', async (t) => {
    const families = new Map<string, string[]>();
    const add = (family: string, rows: readonly Row[]) => {
      const did = rows.map(({ cache, cacheWhy, cacheLeft }) =>
        [cache, cacheWhy, cacheLeft].filter(Boolean).join(' '),
      );
      families.set(family, [...(families.get(family) ?? []), ...did]);
    };
    stack().provider.respond = null;
    add('a question', await rowsOf(stack(), 'What is the capital of France?'));
    add('the same question', await rowsOf(stack(), 'What is the capital of France?'));
    add('the same in other words', await rowsOf(stack(), 'Which city is the capital of France?'));
    const asked = stack().provider.requests.length;
    stack().provider.respond = toolTurn({
      tool: 'exec',
      input: { command: 'date' },
      closing: 'That was all.',
    });
    for (const family of ['a turn with a tool', 'the same turn with a tool']) {
      const rows = await rowsOf(stack(), 'Run the command date, and say what it gave.');
      add(family, rows);
      assert.ok(
        rows.some(({ cacheWhy }) => cacheWhy === 'tool-turn'),
        JSON.stringify(rows),
      );
      assert.ok(
        rows.every(({ cache }) => !['exact', 'semantic', 'joined'].includes(String(cache))),
      );
    }
    assert.ok(stack().provider.requests.length >= asked + 4);
    for (const [family, did] of families) t.diagnostic(`${family}: ${did.join(', ')}`);
    // It writes the time and the name of the conversation into what a person said.
    for (const family of ['the same question', 'the same in other words']) {
      assert.deepEqual(families.get(family), ['miss nothing-near'], family);
    }
    const all = [...families.values()].flat();
    assert.ok(all.length >= 7 && all.every((did) => did !== ''), all.join(', '));
    t.diagnostic((await stack().clincher('cache', 'stats')).stdout);
  });
}
