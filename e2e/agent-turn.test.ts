// The main job with the real agent in jails, its tools in the agent's own. What of the agent's own
// requests the cache of answers gives again, by kind of turn. And a person who writes to it on
// Telegram.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { agentContract } from '../src/testing/agent-contract.ts';
import type { AgentStack } from '../src/testing/agent-stack.ts';
import { askAgent } from '../src/testing/ask-agent.ts';
import { type BotApi, startBotApi } from '../src/testing/bot-api.ts';
import { tempDir } from '../src/testing/temp-dir.ts';
import { toolTurn } from '../src/testing/tool-turn.ts';

const person = 777;
const stranger = 666;
const opened = new AsyncDisposableStack();
let bot: BotApi;
after(() => opened.disposeAsync());

/** The files are beside the stack's, for it has its folder only once it is brought up. */
async function withBot() {
  const { path } = opened.adopt(tempDir(), (folder) => folder[Symbol.dispose]());
  const host = 'bots.test';
  bot = opened.use(await startBotApi(host, `12345678:${'never-let-out'.repeat(3)}`));
  await writeFile(join(path, 'bot.token'), bot.token, { mode: 0o600 });
  await writeFile(join(path, 'ca.pem'), bot.caPem);
  const more = `agent:
  apis: { answering: responses }
  ca: ${join(path, 'ca.pem')}
  settings:
    channels:
      telegram:
        botToken: file:${join(path, 'bot.token')}
        apiRoot: https://${host}:${bot.port}
        dmPolicy: allowlist
        allowFrom: [${person}]
cache: { mode: semantic, share: key }
`;
  return { choices: { more, asks: { host, port: bot.port } }, toolUser: 1_000 };
}

agentContract('in jails', withBot, 'whole', (stack) => {
  describeCache(stack);
  describeChannel(stack);
});

function describeChannel(stack: () => AgentStack): void {
  it('a person whom it knows is answered on Telegram, through egress, and a stranger is not', async () => {
    stack().provider.respond = null;
    bot.write(stranger, 'Say who you are, to a stranger.');
    bot.write(person, 'Say something of the sea, to whom you know.');
    const said = () => bot.calls.filter(({ method }) => method === 'sendMessage');
    for (let tries = 0; tries < 600 && said().length === 0; tries++) await wait(200);
    const [first] = said();
    assert.match(String(first?.parameters.text), /something of the sea/);
    const chats = new Set(bot.calls.map(({ parameters }) => parameters.chat_id).filter(Boolean));
    assert.deepEqual([...chats].map(Number), [person, person].slice(0, chats.size));
    assert.equal(bot.strangers(), 0);
    const asked = (await stack().decisions('egress')).filter(({ host }) => host === 'bots.test');
    assert.ok(asked.length > 0);
    assert.ok(asked.every(({ caller, verdict }) => caller === 'gateway' && verdict === 'allow'));
    const told = stack().provider.requests.map(({ body }) => body.toString('utf8'));
    assert.ok(told.some((body) => body.includes('something of the sea')));
    assert.ok(told.every((body) => !body.includes('to a stranger')));
    const { stdout } = await stack().clincher('logs', '-n', '100000');
    assert.ok([...told, stdout].every((text) => !text.includes(bot.token)));
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
