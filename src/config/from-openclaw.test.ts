// An openclaw.json that somebody has becomes a clincher.yaml that is accepted, whatever it says,
// and without a secret of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runChecks } from '../check/index.ts';
import { standardTopology } from '../topology/standard.ts';
import { fromOpenclaw } from './from-openclaw.ts';
import { parseConfig } from './load.ts';

const token = `12345678:${'AbCdEfGhIj'.repeat(4)}`;

const usual = `{
  // As people have it: comments, bare keys, a comma at the end.
  meta: { lastTouchedVersion: '2026.9.6' },
  env: { vars: { ANTHROPIC_API_KEY: 'sk-ant-very-secret-indeed' } },
  gateway: { port: 18789, auth: { mode: 'token', token: 'gateway-secret' } },
  agents: { defaults: {
    model: { primary: 'anthropic/claude-sonnet-5' },
    workspace: '~/.openclaw/workspace',
    userTimezone: 'Europe/Berlin',
    heartbeat: { every: '2h', model: 'anthropic/claude-sonnet-5' },
    sandbox: { mode: 'off' },
  } },
  channels: {
    telegram: {
      botToken: '${token}', dmPolicy: 'pairing', accounts: { work: { botToken: '\${WORK}' } },
    },
    discord: { token: 'discord-secret' },
  },
  messages: { responsePrefix: 'auto' },
}`;

test('what people have is taken over, and what is not is told by name', () => {
  const { text, leftOut, secrets } = fromOpenclaw(usual, 'openclaw.json');
  const { agent, models, providers, egress } = parseConfig(text, 'clincher.yaml');
  assert.deepEqual(agent.settings?.values, {
    agents: {
      defaults: { userTimezone: 'Europe/Berlin', heartbeat: { every: '2h', model: 'default' } },
    },
    channels: {
      telegram: {
        botToken: 'store:agent-telegram-bot-token',
        dmPolicy: 'pairing',
        accounts: { work: { botToken: 'env:WORK' } },
      },
    },
    messages: { responsePrefix: 'auto' },
  });
  assert.deepEqual(
    models.map(({ name, deployments }) => [name, deployments[0]?.model]),
    [['default', 'claude-sonnet-5']],
  );
  assert.deepEqual(
    providers.map(({ keyText }) => keyText),
    ['env:ANTHROPIC_API_KEY'],
  );
  assert.deepEqual(
    egress.rules.map(({ caller, hosts }) => [caller, hosts]),
    [['gateway', ['api.telegram.org']]],
  );
  assert.deepEqual(secrets, [
    { name: 'agent-telegram-bot-token', path: 'channels.telegram.botToken' },
  ]);
  assert.deepEqual(leftOut.map(({ path }) => path).toSorted(), [
    'agents.defaults.model',
    'agents.defaults.sandbox',
    'agents.defaults.workspace',
    'channels.discord',
    'env',
    'gateway',
    'meta',
  ]);
  assert.doesNotMatch(text, /AbCdEf|secret-indeed|gateway-secret|discord-secret/);
  const found = runChecks(standardTopology(parseConfig(text, 'clincher.yaml')));
  assert.deepEqual(
    found.map(({ id, severity }) => [id, severity]),
    [['egress-hosts', 'warning']],
  );
});

test('whatever it says, what comes of it is accepted', () => {
  const known = ['agents', 'defaults', 'entries', 'channels', 'telegram', 'accounts', 'botToken'];
  const keys = [
    'heartbeat',
    'model',
    'messages',
    'session',
    'tools',
    'deny',
    '$include',
    'apiRoot',
  ];
  const name = fc.oneof(fc.constantFrom(...known, ...keys), fc.string({ maxLength: 12 }));
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 16 },
      fc.constantFrom(true, null, 0, -1.5e300, [], `$\{A}`, token, 'anthropic/x', 'a\u0000b'),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(name, tree, { maxKeys: 6 }), (settings) => {
      const { text } = fromOpenclaw(JSON.stringify(settings), 'openclaw.json');
      parseConfig(text, 'clincher.yaml');
      assert.ok(!text.includes('AbCdEfGhIj'));
    }),
    { numRuns: 400 },
  );
});

test('what is no settings file is told in one sentence', () => {
  for (const text of ['', '[', '[1]', 'null', '{ a: ', '\u0000']) {
    assert.throws(() => fromOpenclaw(text, 'x.json'), { code: 'config-unreadable' });
  }
});
