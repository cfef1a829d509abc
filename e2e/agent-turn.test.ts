// The main job with the real agent: one turn from a person through ingress, relay, OpenClaw, relay,
// llm and egress to a TLS provider and back, streamed, with a tool call that runs in the agent's
// jail. And what of the agent's own requests the cache of answers gives again, by kind of turn.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type AgentStack, bringUpAgent } from '../src/testing/agent-stack.ts';
import { askAgent } from '../src/testing/ask-agent.ts';
import { toolResults, toolTurn } from '../src/testing/tool-turn.ts';

let stack: AgentStack;
before(async () => {
  const price = 'price: { input: 3, output: 15 }';
  stack = await bringUpAgent({
    dialect: 'openai',
    provider: '    apis: [chat, responses]\n',
    models: `  answering: { provider: own, model: real-1, ${price} }\n`,
    more: 'agent: { apis: { answering: responses } }\ncache: { mode: semantic, share: key }\n',
  });
});
after(() => stack[Symbol.asyncDispose]());

const turn = {
  tool: 'exec',
  input: { command: 'echo in-the-jail-$((6*7)); id -u; ls /root /home 2>&1' },
  closing: 'The tool has run, and this is the end.',
};

test('up ends with the address, how to sign in and what to try next', () => {
  assert.match(stack.said, new RegExp(`clincher is up: ${stack.origin}/`));
  assert.match(stack.said, /sign in/);
  assert.match(stack.said, /try next/);
});

test('a streamed turn with a tool call goes all the way and comes back', async () => {
  await oneTurn();
  const results = toolResults(stack.provider.requests);
  assert.ok(
    results.some((result) => result.includes('in-the-jail-42')),
    results.join('\n'),
  );
  assert.ok(
    results.some((result) => result.includes('1000')),
    'the tool runs as the jail user',
  );
  const asked = new Set(stack.provider.requests.map(({ url }) => url));
  assert.deepEqual([...asked], ['/v1/chat/completions']);
});

test('a model whose API is Responses is asked in it, tool call and all', async () => {
  const before = stack.provider.requests.length;
  await oneTurn({ 'x-openclaw-model': 'clincher/answering' });
  const later = stack.provider.requests.slice(before);
  assert.deepEqual([...new Set(later.map(({ url }) => url))], ['/v1/responses']);
  assert.ok(toolResults(later).some((result) => result.includes('in-the-jail-42')));
  const records = (await stack.decisions('llm')).filter(({ model }) => model === 'answering');
  assert.ok(records.length >= 2);
  for (const { reason, settled, translated, session } of records) {
    assert.deepEqual([reason, settled, translated], ['allowed', 'counted', undefined]);
    assert.equal(typeof session, 'string');
  }
});

test('the provider is given its own key, and never the agent’s', async () => {
  const agentKey = await readFile(join(stack.state, 'secrets/generated/agent-key'), 'utf8');
  assert.ok(stack.provider.requests.length >= 2);
  for (const { headers, body } of stack.provider.requests) {
    assert.equal(headers.authorization, `Bearer ${stack.providerKey}`);
    const sent = `${JSON.stringify(headers)}${body.toString()}`;
    assert.ok(!sent.includes(agentKey.trim()), 'the virtual key left the stack');
    assert.ok(!sent.includes(await stack.token()), 'the gateway token left the stack');
  }
});

/** An idle tunnel of llm is closed after half a minute. */
const tunnelEndsMs = 60_000;

test('one request id is in the record of every hop, and at the provider', async () => {
  const [entry] = (await stack.decisions('ingress')).filter(
    ({ path, status }) => path === '/v1/chat/completions' && status === 200,
  );
  const id = String(entry?.requestId);
  assert.match(id, /^[0-9a-f-]{36}$/);
  const recordsOf = async (service: string) =>
    (await stack.decisions(service)).filter(({ requestId }) => String(requestId).startsWith(id));
  for (const service of ['gateway', 'llm']) {
    assert.ok((await recordsOf(service)).length > 0, `${service} has no record of ${id}`);
  }
  // A tunnel is kept for the calls after, and recorded when it ends: by the call it was made for.
  const tunnels = (await recordsOf('llm')).map(({ tunnel }) => tunnel);
  const until = performance.now() + tunnelEndsMs;
  for (;;) {
    const ended = (await stack.decisions('egress')).map(({ requestId }) => requestId);
    if (tunnels.every((tunnel) => ended.includes(tunnel))) break;
    assert.ok(performance.now() < until, `egress has no record of ${tunnels}: ${ended}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const sent = stack.provider.requests.map(({ headers }) => String(headers['x-request-id']));
  assert.ok(
    sent.some((given) => given.startsWith(id)),
    sent.join(),
  );
});

type Row = Readonly<Record<string, unknown>>;

/** What the cache did with the agent's requests in a turn. */
async function rowsOf(content: string): Promise<readonly Row[]> {
  const modelCalls = async () =>
    (await stack.decisions('llm')).filter(({ model }) => model === 'default');
  const before = (await modelCalls()).length;
  const { status, body } = await askAgent(stack, content);
  assert.equal(status, 200, body);
  return (await modelCalls()).slice(before);
}

test('what the agent asks is answered again where it may be, and never where a tool spoke', async (t) => {
  const families = new Map<string, string[]>();
  const add = (family: string, rows: readonly Row[]) => {
    const did = rows.map(({ cache, cacheWhy, cacheLeft }) =>
      [cache, cacheWhy, cacheLeft].filter(Boolean).join(' '),
    );
    families.set(family, [...(families.get(family) ?? []), ...did]);
  };
  stack.provider.respond = null;
  add('a question', await rowsOf('What is the capital of France?'));
  add('the same question', await rowsOf('What is the capital of France?'));
  add('the same in other words', await rowsOf('Which city is the capital of France?'));
  const asked = stack.provider.requests.length;
  stack.provider.respond = toolTurn({ ...turn, input: { command: 'date' } });
  for (const family of ['a turn with a tool', 'the same turn with a tool']) {
    const rows = await rowsOf('Run the command date, and say what it gave.');
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

test('a WebSocket through the ingress is greeted by the agent’s gateway', async () => {
  const socket = new WebSocket(stack.origin.replace('https:', 'wss:'), {
    ca: await stack.ca(),
    origin: stack.origin,
  });
  const greeting = await new Promise<string>((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('error', reject);
  });
  socket.terminate();
  assert.match(greeting, /connect\.challenge/);
});

test('without the token the agent answers nobody', async () => {
  const before = stack.provider.requests.length;
  const { status } = await askAgent(stack, 'Do it.', { token: 'not-the-token' });
  assert.equal(status, 401);
  assert.equal(stack.provider.requests.length, before);
});

test('verify finds what was declared, and nothing else', async () => {
  const { code, stdout, stderr } = await stack.clincher('verify');
  assert.equal(code, 0, stdout + stderr);
});

test('a second up with nothing changed changes nothing and says so', async () => {
  const { code, stdout, stderr } = await stack.clincher('up', '--detach');
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /nothing (has )?change/);
});

test('no secret is in any log', async () => {
  const token = await stack.token();
  const { stdout } = await stack.clincher('logs');
  assert.ok(stdout.length > 1_000);
  for (const secret of [token, stack.providerKey]) assert.ok(!stdout.includes(secret));
});

test('a changed provider dialect replaces what it must, and the agent speaks Anthropic', async () => {
  const file = join(stack.dir, 'clincher.yaml');
  const text = await readFile(file, 'utf8');
  const changed = text
    .replace('dialect: openai', 'dialect: anthropic')
    .replace('    apis: [chat, responses]\n', '')
    .replace(/(test:\d+)\/v1/, '$1');
  assert.notEqual(changed, text);
  await writeFile(file, changed);
  const { code, stdout, stderr } = await stack.clincher('up', '--detach');
  assert.equal(code, 0, stdout + stderr);
  const before = stack.provider.requests.length;
  await oneTurn();
  const later = stack.provider.requests.slice(before);
  assert.ok(later.every(({ url }) => url.startsWith('/v1/messages')));
  assert.ok(toolResults(later).some((result) => result.includes('in-the-jail-42')));
});

async function oneTurn(more: Readonly<Record<string, string>> = {}): Promise<void> {
  stack.provider.respond = toolTurn(turn);
  const content = 'Run the echo command and tell me when it is done.';
  const { status, body, chunks } = await askAgent(stack, content, { headers: more, stream: true });
  assert.equal(status, 200, body);
  const said = body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? '')
    .join('');
  assert.ok(said.includes(turn.closing), body);
  assert.ok(chunks >= 1);
}
