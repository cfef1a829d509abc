// What a person and a program have of the whole stack with the real agent, whichever driver brings
// it up: one turn through ingress, relay, OpenClaw, relay, llm and egress to a TLS provider and
// back, streamed, with a tool call; the official client; what the record and verification say.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { WebSocket } from 'ws';
import { demoMark } from '../roles/demo/reply.ts';
import { type AgentStack, type AgentStackChoices, bringUpAgent } from './agent-stack.ts';
import { askAgent } from './ask-agent.ts';
import { toolResults, toolTurn } from './tool-turn.ts';

export interface AgentContractWorld {
  readonly choices: Partial<AgentStackChoices>;
  /** Who tools run as. */
  readonly toolUser: number;
}

/** `open` resolves before the stack is brought up; `more` is what else is asked of this one. */
export function agentContract(
  title: string,
  open: () => Promise<AgentContractWorld>,
  more: (stack: () => AgentStack) => void = () => {},
): void {
  describe(`${title}: the agent at work`, () => {
    let stack: AgentStack;
    let toolUser = 0;
    before(async () => {
      const world = await open();
      toolUser = world.toolUser;
      stack = await bringUpAgent({ ...twoModels, ...world.choices });
    });
    after(() => stack?.[Symbol.asyncDispose]());
    const running = () => stack;
    describeTurns(running, () => toolUser);
    describeRecord(running);
    more(running);
    describeDoor(running);
    describeOperation(running);
  });
}

const price = 'price: { input: 3, output: 15 }';

/** Of which one is asked by the API called Responses. */
const twoModels: AgentStackChoices = {
  dialect: 'openai',
  provider: '    apis: [chat, responses]\n',
  models: `  answering: { provider: own, model: real-1, ${price} }\n`,
  more: 'agent: { apis: { answering: responses } }\n',
};

const turn = {
  tool: 'exec',
  input: { command: 'echo ran-the-tool-$((6*7)) as $(id -u)' },
  closing: 'The tool has run, and this is the end.',
};

function describeTurns(stack: () => AgentStack, toolUser: () => number): void {
  it('a streamed turn with a tool call goes all the way and comes back', async () => {
    await oneTurn(stack());
    const results = toolResults(stack().provider.requests);
    assert.ok(
      results.some((result) => result.includes('ran-the-tool-42')),
      results.join('\n'),
    );
    assert.ok(
      results.some((result) => result.includes(`ran-the-tool-42 as ${toolUser()}`)),
      'the tool runs as who it is planned for',
    );
    const asked = new Set(stack().provider.requests.map(({ url }) => url));
    assert.deepEqual([...asked], ['/v1/chat/completions']);
  });

  it('a model whose API is Responses is asked in it, tool call and all', async () => {
    const before = stack().provider.requests.length;
    await oneTurn(stack(), { 'x-openclaw-model': 'clincher/answering' });
    const later = stack().provider.requests.slice(before);
    assert.deepEqual([...new Set(later.map(({ url }) => url))], ['/v1/responses']);
    assert.ok(toolResults(later).some((result) => result.includes('ran-the-tool-42')));
    const records = (await stack().decisions('llm')).filter(({ model }) => model === 'answering');
    assert.ok(records.length >= 2);
    for (const { reason, settled, translated, session } of records) {
      assert.deepEqual([reason, settled, translated], ['allowed', 'counted', undefined]);
      assert.equal(typeof session, 'string');
    }
  });

  it('the official client gets an answer, and is refused without the token', async () => {
    stack().provider.respond = null;
    const ca = await stack().ca();
    const options = {
      baseURL: `${stack().origin}/v1`,
      fetchOptions: { dispatcher: new Agent({ connect: { ca } }) },
      fetch: undiciFetch as unknown as typeof fetch,
      maxRetries: 0,
    };
    const messages = [{ role: 'user' as const, content: 'good morning' }];
    const client = new OpenAI({ ...options, apiKey: await stack().token() });
    const answer = await client.chat.completions.create({ model: 'openclaw', messages });
    assert.ok(answer.choices[0]?.message.content?.includes(demoMark), JSON.stringify(answer));
    const wrong = new OpenAI({ ...options, apiKey: 'wrong' });
    const refused = await wrong.chat.completions
      .create({ model: 'openclaw', messages })
      .then(() => null)
      .catch((error: unknown) => error);
    if (refused instanceof OpenAI.APIError && refused.status === 401) return;
    // Which of them it was that refused, or did not, is in their logs.
    const { stdout } = await stack().clincher('logs', '-n', '20');
    assert.fail(`${refused}\n${stdout}`);
  });
}

/** An idle tunnel of llm is closed after half a minute. */
const tunnelEndsMs = 60_000;

function describeRecord(stack: () => AgentStack): void {
  it('the provider is given its own key, and never the agent’s', async () => {
    const agentKey = await readFile(join(stack().state, 'secrets/generated/agent-key'), 'utf8');
    assert.ok(stack().provider.requests.length >= 2);
    for (const { headers, body } of stack().provider.requests) {
      assert.equal(headers.authorization, `Bearer ${stack().providerKey}`);
      const sent = `${JSON.stringify(headers)}${body.toString()}`;
      assert.ok(!sent.includes(agentKey.trim()), 'the virtual key left the stack');
      assert.ok(!sent.includes(await stack().token()), 'the gateway token left the stack');
    }
  });

  it('one request id is in the record of every hop, and at the provider', async () => {
    const [entry] = (await stack().decisions('ingress')).filter(
      ({ path, status }) => path === '/v1/chat/completions' && status === 200,
    );
    const id = String(entry?.requestId);
    assert.match(id, /^[0-9a-f-]{36}$/);
    const recordsOf = async (service: string) =>
      (await stack().decisions(service)).filter(({ requestId }) =>
        String(requestId).startsWith(id),
      );
    for (const service of ['gateway', 'llm']) {
      assert.ok((await recordsOf(service)).length > 0, `${service} has no record of ${id}`);
    }
    // A tunnel is kept for the calls after, and recorded when it ends: by the call it was made for.
    const tunnels = (await recordsOf('llm')).map(({ tunnel }) => tunnel);
    const until = performance.now() + tunnelEndsMs;
    for (;;) {
      const ended = (await stack().decisions('egress')).map(({ requestId }) => requestId);
      if (tunnels.every((tunnel) => ended.includes(tunnel))) break;
      assert.ok(performance.now() < until, `egress has no record of ${tunnels}: ${ended}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const sent = stack().provider.requests.map(({ headers }) => String(headers['x-request-id']));
    assert.ok(
      sent.some((given) => given.startsWith(id)),
      sent.join(),
    );
  });

  it('no secret is in any log', async () => {
    const token = await stack().token();
    const { stdout } = await stack().clincher('logs');
    assert.ok(stdout.length > 1_000);
    for (const secret of [token, stack().providerKey]) assert.ok(!stdout.includes(secret));
  });
}

function describeDoor(stack: () => AgentStack): void {
  it('a WebSocket through the ingress is greeted by the agent’s gateway', async () => {
    const socket = new WebSocket(stack().origin.replace('https:', 'wss:'), {
      ca: await stack().ca(),
      origin: stack().origin,
    });
    const greeting = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data) => resolve(String(data)));
      socket.once('error', reject);
    });
    socket.terminate();
    assert.match(greeting, /connect\.challenge/);
  });

  it('without the token the agent answers nobody', async () => {
    const before = stack().provider.requests.length;
    const { status } = await askAgent(stack(), question, { token: 'not-the-token' });
    assert.equal(status, 401);
    assert.equal(stack().provider.requests.length, before);
  });
}

function describeOperation(stack: () => AgentStack): void {
  it('up ends with the address, how to sign in and what to try next', () => {
    assert.match(stack().said, new RegExp(`clincher is up: ${stack().origin}/`));
    assert.match(stack().said, /sign in/);
    assert.match(stack().said, /try next/);
  });

  it('verify finds what was declared, and nothing else', async () => {
    const { code, stdout, stderr } = await stack().clincher('verify');
    assert.equal(code, 0, stdout + stderr);
  });

  it('a second up with nothing changed changes nothing and says so', async () => {
    const { code, stdout, stderr } = await stack().clincher('up', '--detach');
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, /nothing (has )?change/);
  });

  it('a changed provider dialect replaces what it must, and the agent speaks Anthropic', async () => {
    const file = join(stack().dir, 'clincher.yaml');
    const text = await readFile(file, 'utf8');
    const changed = text
      .replace('dialect: openai', 'dialect: anthropic')
      .replace('    apis: [chat, responses]\n', '')
      .replace(/(test:\d+)\/v1/, '$1');
    assert.notEqual(changed, text);
    await writeFile(file, changed);
    const { code, stdout, stderr } = await stack().clincher('up', '--detach');
    assert.equal(code, 0, stdout + stderr);
    const before = stack().provider.requests.length;
    await oneTurn(stack());
    const later = stack().provider.requests.slice(before);
    assert.ok(later.every(({ url }) => url.startsWith('/v1/messages')));
    assert.ok(toolResults(later).some((result) => result.includes('ran-the-tool-42')));
  });
}

const question = 'Run the echo command and tell me when it is done.';

async function oneTurn(
  stack: AgentStack,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  stack.provider.respond = toolTurn(turn);
  const { status, body, chunks } = await askAgent(stack, question, { headers: more, stream: true });
  assert.equal(status, 200, body);
  const said = body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? '')
    .join('');
  assert.ok(said.includes(turn.closing), body);
  assert.ok(chunks >= 1);
}
