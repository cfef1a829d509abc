// Whatever a person says of the agent's own settings, what the stack sets stands, and no secret is
// in the file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConfig } from '../config/load.ts';
import { standardTopology } from '../topology/standard.ts';
import { renderOpenclaw } from './openclaw.ts';
import type { Json } from './openclaw-models.ts';
import { withOwnSettings } from './openclaw-own.ts';

const paths = {
  secretsDir: '/s',
  stateDir: '/d',
  sandbox: { containerPrefix: 'clincher-', user: '1:1', image: 'sandbox' },
};

function rendered(settings: string, rules = ''): Json {
  const text = `version: 1
providers: { anthropic: { key: env:A } }
models: { good: anthropic/claude-sonnet-5, small: anthropic/claude-haiku-4-5 }
budget: { usd: 20, per: day }
agent: { settings: ${settings} }
${rules}`;
  return renderOpenclaw(standardTopology(parseConfig(text, 'clincher.yaml')), paths);
}

const stack = renderOpenclaw(
  standardTopology(
    parseConfig(
      'version: 1\nproviders: { anthropic: { key: env:A } }\nbudget: { usd: 1, per: day }\n',
      'clincher.yaml',
    ),
  ),
  paths,
);

/** Every value that is not a map, by its path. */
function leaves(value: unknown, path: readonly string[] = []): [string, unknown][] {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) return [[path.join('/'), value]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]));
}

test('what the stack sets stands, whatever else is said', () => {
  const name = fc.oneof(fc.constantFrom(...keysOf(stack)), fc.string({ maxLength: 8 }));
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(true, false, 'off', 0, [], ['*'], null),
      fc.dictionary(name, tie('tree'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(name, tree, { maxKeys: 12 }), (values) => {
      const both = new Map(leaves(withOwnSettings(stack, { values, secrets: [], modelsAt: [] })));
      for (const [path, value] of leaves(stack)) {
        if (path === 'agents/defaults/heartbeat/every') continue;
        if (path === 'tools/deny' || path === 'plugins/allow') {
          const [now, ours] = [both.get(path), value] as [unknown[], unknown[]];
          assert.deepEqual(now.slice(0, ours.length), ours, path);
        } else assert.deepEqual(both.get(path), value, path);
      }
    }),
    { numRuns: 1_000 },
  );
});

function keysOf(value: unknown): string[] {
  return [...new Set(leaves(value).flatMap(([path]) => path.split('/')))];
}

test('a secret is a file that the agent reads, and a model is one of the stack', () => {
  const settings = rendered(`{
    channels: { telegram: { botToken: store:bot, accounts: { work: { botToken: env:WORK } } } },
    agents: { defaults: { heartbeat: { every: 2h, model: small } } },
    tools: { deny: [cron, browser] } }`);
  const all = new Map(leaves(settings));
  const name = 'agent-telegram-bot-token';
  assert.equal(all.get('channels/telegram/botToken/provider'), name);
  assert.equal(all.get('channels/telegram/botToken/source'), 'file');
  assert.equal(all.get(`secrets/providers/${name}/path`), `/s/${name}`);
  const work = 'agent-telegram-accounts-work-bot-token';
  assert.equal(all.get('channels/telegram/accounts/work/botToken/provider'), work);
  assert.equal(all.get('agents/defaults/heartbeat/model'), 'clincher/small');
  assert.equal(all.get('agents/defaults/heartbeat/every'), '2h');
  assert.equal(all.get('channels/telegram/configWrites'), false);
  const deny = all.get('tools/deny') as string[];
  assert.equal(deny.filter((tool) => tool === 'browser').length, 1);
  assert.ok(deny.includes('cron'));
  assert.ok((all.get('plugins/allow') as string[]).includes('telegram'));
  assert.doesNotMatch(JSON.stringify(settings), /store:bot|env:WORK/);
});

test('the agent has a proxy where hosts are declared for it, and none elsewhere', () => {
  const rules = 'egress: { rules: [{ caller: gateway, hosts: [api.telegram.org] }] }\n';
  assert.deepEqual(rendered('{}', rules).proxy, { proxyUrl: 'http://127.0.0.1:4750' });
  assert.equal(rendered('{}').proxy, undefined);
  assert.equal(new Map(leaves(rendered('{}'))).get('agents/defaults/heartbeat/every'), '0m');
});

test('in a demonstration nothing is said to anybody', () => {
  const text = `version: 1
providers: { anthropic: { key: env:A } }
budget: { usd: 20, per: day }
agent: { settings: { channels: { telegram: { botToken: env:T } } } }
`;
  const topology = standardTopology(parseConfig(text, 'clincher.yaml', { demo: true }));
  assert.equal(renderOpenclaw(topology, paths).channels, undefined);
  assert.ok(topology.secrets.every(({ kind }) => kind !== 'agent-credential'));
});
