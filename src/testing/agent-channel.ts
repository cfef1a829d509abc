// A person who writes to the agent on Telegram, and one whom it does not know: through egress, to a
// Bot API of ours.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { AgentContractWorld } from './agent-contract.ts';
import type { AgentStack } from './agent-stack.ts';
import { type BotApi, startBotApi } from './bot-api.ts';
import { tempDir } from './temp-dir.ts';

const person = 777;
const stranger = 666;
const opened = new AsyncDisposableStack();
let bot: BotApi;
after(() => opened.disposeAsync());

/** The files are beside the stack's, for it has its folder only once it is brought up. */
export async function withBot(): Promise<AgentContractWorld> {
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

export function describeChannel(stack: () => AgentStack): void {
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
