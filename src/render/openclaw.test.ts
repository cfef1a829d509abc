// The agent's settings file: what is on, what is off, and that no secret is in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import type { ModelOptions, ProviderOptions, StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { renderOpenclaw } from './openclaw.ts';
import { deniedTools } from './openclaw-tools.ts';

const paths = {
  secretsDir: '/run/secrets',
  stateDir: '/var/state',
  sandbox: { containerPrefix: 'openclaw-sbx-1234567-', user: '1001:1002', image: 'own:1' },
};
const base = exampleOptions();
const render = (change: Partial<StackOptions> = {}) =>
  renderOpenclaw(standardTopology(exampleOptions(change)), paths);

/** The value at `a.b.c`. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => {
    assert.ok(typeof inner === 'object' && inner !== null, `${path}: nothing at ${key}`);
    return Reflect.get(inner, key);
  }, value);
}

const expected: readonly (readonly [string, unknown, string])[] = [
  ['gateway.bind', 'loopback', 'only the relay in its jail can connect'],
  ['gateway.auth.mode', 'token', 'whoever gets in must still sign in'],
  ['gateway.auth.allowTailscale', false, 'no identity out of a header'],
  ['gateway.trustedProxies', ['127.0.0.1', '::1'], 'the relay hands on what ingress wrote'],
  ['gateway.allowRealIpFallback', false, 'a client cannot say who it is'],
  ['gateway.controlUi.allowedOrigins', ['https://localhost:8443'], 'the one origin of ingress'],
  ['gateway.terminal.enabled', false, 'no shell in the browser'],
  ['gateway.reload.mode', 'off', 'settings change with a new plan'],
  ['agents.defaults.model.primary', 'clincher/claude', 'the default model'],
  ['agents.defaults.heartbeat.every', '0m', 'no model call that nobody asked for'],
  ['models.mode', 'replace', 'no other provider'],
  ['models.catalogRefresh.enabled', false, 'no list fetched'],
  ['tools.elevated.enabled', false, 'no way around the sandbox'],
  ['discovery.mdns.mode', 'off', 'nothing announced'],
  ['telemetry.enabled', false, 'nothing reported'],
  ['update.checkOnStart', false, 'nothing looked up'],
  ['update.auto.enabled', false, 'nothing replaced'],
  ['commands.config', false, 'no settings by chat'],
  ['commands.bash', false, 'no shell by chat'],
  ['memory.search.provider', 'none', 'no embeddings past llm'],
];
for (const [path, value, reason] of expected) {
  test(`${path} is ${JSON.stringify(value)}: ${reason}`, () => {
    assert.deepEqual(at(render(), path), value);
  });
}

test('both secrets are references to files, and nothing else looks like one', () => {
  const config = render();
  const reference = (name: string) => ({ source: 'file', provider: name, id: 'value' });
  assert.deepEqual(at(config, 'gateway.auth.token'), reference('gateway-token'));
  assert.deepEqual(at(config, 'models.providers.clincher.apiKey'), reference('agent-key'));
  assert.deepEqual(at(config, 'secrets.providers.agent-key'), {
    source: 'file',
    path: '/run/secrets/agent-key',
    mode: 'singleValue',
  });
  assert.ok(!JSON.stringify(config).includes('ANTHROPIC_API_KEY'));
});

test('every denied tool has a reason, and the tools that do the work stay', () => {
  const denied = at(render(), 'tools.deny');
  assert.deepEqual(denied, Object.keys(deniedTools));
  for (const reason of Object.values(deniedTools)) assert.ok(reason.length > 20);
  for (const name of ['exec', 'read', 'write', 'edit', 'apply_patch', 'process']) {
    assert.ok(!Object.hasOwn(deniedTools, name), name);
  }
});

const line = { file: 'clincher.yaml', line: 7, column: 3 };
const openai: ProviderOptions = {
  name: 'openai',
  dialect: 'openai',
  baseUrl: 'https://api.openai.com',
  key: null,
  keyText: '',
  caFile: null,
  at: line,
};
const model = (name: string, provider: string, outputTokensMax: number): ModelOptions => ({
  name,
  deployments: [
    {
      provider,
      model: 'm',
      price: { inputNanoUsd: 3_000, outputNanoUsd: 15_000, cacheReadNanoUsd: 300 },
      outputTokensMax,
    },
    { provider, model: 'n', price: null, outputTokensMax: 4_000 },
  ],
  at: line,
});
const two: Partial<StackOptions> = {
  providers: [...base.providers, openai],
  models: [model('good', 'anthropic', 9_000), model('fast', 'openai', 1_000)],
};

test('each model speaks the dialect of its first deployment, at the address its client expects', () => {
  const config = render(two);
  assert.equal(at(config, 'models.providers.clincher.api'), 'anthropic-messages');
  assert.equal(at(config, 'models.providers.clincher.models.0.api'), 'anthropic-messages');
  assert.equal(at(config, 'models.providers.clincher.models.0.baseUrl'), 'http://127.0.0.1:4000');
  assert.equal(at(config, 'models.providers.clincher.models.1.api'), 'openai-completions');
  assert.equal(
    at(config, 'models.providers.clincher.models.1.baseUrl'),
    'http://127.0.0.1:4000/v1',
  );
});

test('a model is asked in the API that the file names for it', () => {
  const agent = { ...base.agent, apis: { good: 'chat', fast: 'responses' } as const };
  const config = render({ ...two, agent });
  assert.equal(at(config, 'models.providers.clincher.api'), 'openai-completions');
  assert.equal(at(config, 'models.providers.clincher.models.0.api'), 'openai-completions');
  assert.equal(at(config, 'models.providers.clincher.models.1.api'), 'openai-responses');
  assert.equal(
    at(config, 'models.providers.clincher.models.1.baseUrl'),
    'http://127.0.0.1:4000/v1',
  );
  // By which a call says whose session it is of.
  const compat = (model: number) => at(config, `models.providers.clincher.models.${model}.compat`);
  assert.deepEqual(compat(0), { sendSessionAffinityHeaders: true });
  assert.deepEqual(compat(1), { supportsPromptCacheKey: true });
  const turned = render({ ...two, agent: { ...base.agent, apis: { fast: 'messages' } } });
  assert.equal(at(turned, 'models.providers.clincher.models.1.api'), 'anthropic-messages');
  assert.equal(at(turned, 'models.providers.clincher.models.1.baseUrl'), 'http://127.0.0.1:4000');
});

test('a model of the OpenAI dialect is asked with the session in a header', () => {
  const openai: ProviderOptions = { ...base.providers[0], dialect: 'openai' } as ProviderOptions;
  const { models } = render({ providers: [openai] }) as { models: unknown };
  const [entry] = at(models, 'providers.clincher.models') as readonly unknown[];
  assert.deepEqual(at(entry, 'compat'), { sendSessionAffinityHeaders: true });
});

test('prices are in USD for a million tokens, and no answer is longer than a fallback gives', () => {
  const config = render(two);
  const cost = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 0 };
  assert.deepEqual(at(config, 'models.providers.clincher.models.0.cost'), cost);
  assert.equal(at(config, 'models.providers.clincher.models.0.maxTokens'), 4_000);
  assert.equal(at(config, 'models.providers.clincher.models.1.maxTokens'), 1_000);
});

test('without a model there is no provider and no default, and the rest still stands', () => {
  const config = render({ models: [], providers: [] });
  assert.equal(at(config, 'models'), undefined);
  assert.equal(at(config, 'agents.defaults.model'), undefined);
  assert.equal(at(config, 'gateway.bind'), 'loopback');
});

test('with containers, every tool call of every session is in one, of the shape that was declared', () => {
  const docker = dockerSandbox('/run/docker.sock');
  const binds = [{ source: '/var/lib/clincher/workspace/b', target: '/b', readOnly: true }];
  const shape = { ...docker.shape, binds, cpusMax: 0.5, memoryBytesMax: 512 * 1024 ** 2 };
  const sandbox = at(render({ sandbox: { ...docker, shape } }), 'agents.defaults.sandbox');
  const expected: Readonly<Record<string, unknown>> = {
    mode: 'all',
    backend: 'docker',
    workspaceAccess: 'none',
    workspaceRoot: '/var/lib/clincher/sandboxes',
    'browser.enabled': false,
    prune: { idleHours: 24, maxAgeDays: 7 },
    'docker.image': 'own:1',
    'docker.containerPrefix': 'openclaw-sbx-1234567-',
    'docker.network': 'none',
    'docker.readOnlyRoot': true,
    'docker.user': '1001:1002',
    'docker.memory': '512m',
    'docker.cpus': 0.5,
    'docker.pidsLimit': 256,
    'docker.binds': ['/var/lib/clincher/workspace/b:/b:ro'],
  };
  for (const [path, value] of Object.entries(expected)) {
    assert.deepEqual(at(sandbox, path), value, path);
  }
});

test('where containers may only be used, the agent removes none for its age', () => {
  const docker = dockerSandbox('/run/docker.sock');
  const sandbox = { ...docker, docker: { ...docker.docker, profile: 'exec-only' as const } };
  const prune = at(render({ sandbox }), 'agents.defaults.sandbox.prune');
  assert.deepEqual(prune, { idleHours: 0, maxAgeDays: 0 });
});

test('where containers may only be looked at, no tool is sent to one', () => {
  const docker = dockerSandbox('/run/docker.sock');
  const sandbox = { ...docker, docker: { ...docker.docker, profile: 'observe' as const } };
  assert.deepEqual(at(render({ sandbox }), 'agents.defaults.sandbox'), { mode: 'off' });
});
