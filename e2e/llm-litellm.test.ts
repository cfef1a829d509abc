// `clincher llm` on a LiteLLM config.yaml, as a process: the official clients ask it, it goes out
// through an egress proxy of its own, and what the file does not allow is refused.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { freePort } from '../src/testing/free-port.ts';
import { startProvider, type TestProvider } from '../src/testing/provider.ts';
import { type Folder, temporaryFolder } from '../src/testing/wire.ts';

const hook = '/hook?token=of-the-alarms';
const program = join(import.meta.dirname, '../src/cli/main.ts');
const master = 'sk-master-of-the-test';
let folder: Folder;
let provider: TestProvider;
let plain: TestProvider;
/** Takes alarms, at a port that no model leads to. */
let alarms: TestProvider;
let child: ChildProcess;
let port: number;
let printed = '';

const config = () => `
model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-real
      api_base: https://localhost:${provider.port}/v1
      api_key: os.environ/OPENAI_KEY
      input_cost_per_token: 0.000003
      output_cost_per_token: 0.000015
  - model_name: claude
    litellm_params:
      model: anthropic/claude-real
      api_base: http://127.0.0.1:${plain.port}
      api_key: literal-key-of-the-file
      input_cost_per_token: 0.000003
      output_cost_per_token: 0.000015
router_settings:
  model_group_alias: { gpt-4: gpt }
litellm_settings:
  drop_params: true
  max_budget: 1
  budget_duration: 1d
  cache: true
  cache_params: { type: local, mode: default_off }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  alerting: [webhook]
`;

before(async () => {
  folder = await temporaryFolder();
  provider = await startProvider(['localhost']);
  plain = await startProvider(['localhost'], { tls: false });
  alarms = await startProvider(['localhost']);
  alarms.respond = (_request, response) => void response.end();
  port = await freePort();
  const file = join(folder.path, 'config.yaml');
  writeFileSync(file, config());
  writeFileSync(join(folder.path, 'ca.pem'), provider.caPem + alarms.caPem);
  const args = [program, 'llm', '--litellm-config', file, '--listen', `127.0.0.1:${port}`];
  child = spawn(
    process.execPath,
    [...args, '--allow-address', '127.0.0.0/8', '--state', join(folder.path, 'state')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        OPENAI_KEY: 'sk-of-the-provider',
        LITELLM_MASTER_KEY: master,
        WEBHOOK_URL: `https://localhost:${alarms.port}${hook}`,
        NODE_EXTRA_CA_CERTS: join(folder.path, 'ca.pem'),
      },
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      printed += String(bytes);
    });
  }
  while (child.exitCode === null && !(await canConnect())) {
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.equal(child.exitCode, null, printed);
});

after(async () => {
  if (child.exitCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
  await provider[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
  await alarms[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function canConnect(): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

const openai = (apiKey = master) =>
  new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey, maxRetries: 0 });
const question = [{ role: 'user' as const, content: 'good morning' }];

test('the OpenAI client is answered, by an alias too, through the egress proxy beside', async () => {
  for (const model of ['gpt', 'gpt-4']) {
    const answer = await openai().chat.completions.create({ model, messages: question });
    assert.match(answer.choices[0]?.message.content ?? '', /good morning/);
  }
  const { headers, body } = provider.requests[0] ?? { headers: {}, body: '' };
  assert.equal(headers.authorization, 'Bearer sk-of-the-provider');
  assert.equal(JSON.parse(String(body)).model, 'gpt-real');
});

test("the Anthropic client asks the same model, and OpenAI's the Anthropic one", async () => {
  const anthropic = new Anthropic({
    baseURL: `http://127.0.0.1:${port}`,
    apiKey: master,
    authToken: null,
  });
  const said = await anthropic.messages.create({
    model: 'gpt',
    max_tokens: 50,
    messages: question,
  });
  assert.match(JSON.stringify(said.content), /good morning/);
  const answer = await openai().chat.completions.create({ model: 'claude', messages: question });
  assert.match(answer.choices[0]?.message.content ?? '', /good morning/);
  assert.equal(plain.requests[0]?.headers['x-api-key'], 'literal-key-of-the-file');
  let streamed = '';
  const stream = await openai().chat.completions.create({
    model: 'claude',
    messages: question,
    stream: true,
  });
  for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? '';
  assert.match(streamed, /good morning/);
});

test('who asks for the cache is answered from it, and the command line tells what was saved', async () => {
  const before = provider.requests.length;
  const body = { model: 'gpt', messages: question, cache: { 'use-cache': true } };
  const ask = () => openai().chat.completions.create(body).withResponse();
  const first = await ask();
  const second = await ask();
  assert.deepEqual(second.data, first.data);
  assert.equal(second.response.headers.get('x-clincher-cache'), 'exact');
  assert.equal(provider.requests.length, before + 1);
  const run = (...args: string[]) => {
    const argv = [program, 'cache', ...args, '--ledger', join(folder.path, 'state')];
    return spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: folder.path });
  };
  assert.match(run('clear').stderr, /^cleared$/m);
  const third = await ask();
  assert.equal(third.response.headers.get('x-clincher-cache'), 'miss');
  const { stdout } = run('stats');
  assert.match(stdout, /^\$0\.00029 saved by 1 answers to [23] requests since /);
});

test("a key made as LiteLLM's clients make one asks, and what it spent is told", async () => {
  const call = (path: string, body: object | null, key = master) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
  const made = await call('/key/generate', { models: ['gpt'], max_budget: 0.5, key_alias: 'ci' });
  assert.equal(made.status, 200, await made.clone().text());
  const { key } = (await made.json()) as { key: string };
  const answer = await openai(key).chat.completions.create({ model: 'gpt', messages: question });
  assert.match(answer.choices[0]?.message.content ?? '', /good morning/);
  await assert.rejects(
    openai(key).chat.completions.create({ model: 'claude', messages: question }),
  );
  const info = (await (await call(`/key/info?key=${key}`, null)).json()) as {
    info: { spend: number };
  };
  assert.ok(info.info.spend > 0);
  const { headers } = await call('/v1/chat/completions', { model: 'gpt', messages: question }, key);
  const cost = Number(headers.get('x-litellm-response-cost'));
  assert.ok(cost > 0 && Number(headers.get('x-litellm-key-spend')) > cost);
});

test('an alarm is posted to WEBHOOK_URL, by the way out that is for it', async () => {
  const messages = [{ role: 'user' as const, content: `the key is ${master}` }];
  await openai().chat.completions.create({ model: 'gpt', messages });
  await alarms.received(1);
  const [alarm] = alarms.requests;
  assert.equal(alarm?.url, hook);
  assert.equal(JSON.parse(String(alarm?.body)).event, 'secret_in_prompt');
  assert.ok(!String(provider.requests.at(-1)?.body).includes(master));
});

test('a stranger is refused, and no secret is in what was printed or left behind', async () => {
  await assert.rejects(
    openai('sk-of-nobody').chat.completions.create({ model: 'gpt', messages: question }),
    { status: 401 },
  );
  for (const secret of [master, 'sk-of-the-provider', 'literal-key-of-the-file', 'of-the-alarms']) {
    assert.ok(!printed.includes(secret));
  }
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
  // A tunnel is recorded when it ends.
  assert.match(printed, /"role":"egress".*"host":"localhost"/);
  const left = readdirSync(join(folder.path, 'state')).filter((name) => name.startsWith('run-'));
  assert.deepEqual(left, []);
});

test('a file that cannot be obeyed is told line by line, and nothing starts', () => {
  const file = join(folder.path, 'bad.yaml');
  writeFileSync(file, `${config()}  database_url: postgres://db/x\n`);
  const env = { PATH: process.env.PATH };
  const run = (...more: string[]) =>
    spawnSync(process.execPath, [program, 'llm', '--litellm-config', file, ...more], {
      encoding: 'utf8',
      env,
    });
  const refused = run();
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /bad\.yaml:\d+:3 general_settings\.database_url: is not obeyed: /);
  const missing = run('--without', 'general_settings.database_url');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /LITELLM_MASTER_KEY is not set: it is the master key/);
});
