// A question is asked of the configuration, of settings or of an ACL file, and what is wrong with
// the question is told as the asker's mistake.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClincherError } from '../../kit/error.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { readAsked } from './ask.ts';
import { explainDeclared } from './declared.ts';

const files = {
  config: `version: 1
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }
budget: { usd: 20, per: day }
`,
  acl: `version: v1
services: [{ name: ci, action: enforce, allowed_domains: ['*.example.com'] }]
`,
  settings: JSON.stringify({
    service: 'egress',
    admin: ['tcp:127.0.0.1:4751'],
    listen: [{ address: 'tcp:127.0.0.1:4750', caller: 'ci' }],
    rules: [{ caller: 'ci', hosts: ['box.example.com'], ports: [443, 4_751], at: 'rules:1:1' }],
    resolve: { 'box.example.com': ['127.0.0.1'] },
    unsafeAllowAddresses: ['127.0.0.1'],
  }),
};

async function ask(kind: keyof typeof files, host: string, as: string, text = files[kind]) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, text);
  const flags = { config: 'nowhere.yaml', as, resolve: true, [kind]: file };
  const { verdict, reason, rule, addresses } = await explainDeclared(flags, host);
  const place = rule?.replaceAll(folder.path, '') ?? null;
  return { verdict, reason, rule: place, addresses: addresses?.map(({ address }) => address) };
}

test('the configuration is asked with the place of the rule', async () => {
  const answer = await ask('config', 'example.com', 'llm');
  const no = { verdict: 'deny', reason: 'host-not-allowed', rule: null, addresses: undefined };
  assert.deepEqual(answer, no);
});

test('an ACL file is asked by its own semantics', async () => {
  const answer = await ask('acl', '192.0.2.1', 'ci');
  assert.equal(answer.reason, 'host-not-allowed');
  const { verdict } = await ask(
    'acl',
    '192.0.2.1',
    'ci',
    files.acl.replace("'*.", "'192.0.2.1','*."),
  );
  assert.equal(verdict, 'deny', 'an allowed address is judged as an address');
});

test('settings are asked with their own names, addresses and listeners', async () => {
  assert.deepEqual(await ask('settings', 'box.example.com', 'ci'), {
    verdict: 'allow',
    reason: 'allowed',
    rule: 'ci to box.example.com on 443, 4751 (rules:1:1)',
    addresses: ['127.0.0.1'],
  });
  const itself = await ask('settings', 'box.example.com:4751', 'ci');
  assert.equal(itself.reason, 'address-own');
});

const mistakes: readonly (readonly [string, () => Promise<unknown>, string, RegExp])[] = [
  ['a caller nobody declared', () => ask('config', 'a.example', 'lmm'), 'unknown-service', /llm/],
  ['a URL', () => ask('config', 'https://a.example/x', 'llm'), 'usage', /HOST:PORT: a\.example/],
  ['nothing', () => ask('config', '', 'llm'), 'usage', /HOST/],
  ['a port that is none', () => ask('config', 'a.example:70000', 'llm'), 'usage', /HOST/],
  ['settings that are none', () => ask('settings', 'a', 'ci', '{'), 'settings-invalid', /JSON/],
  ['settings with a fault', () => ask('settings', 'a', 'ci', '{}'), 'settings-invalid', /service/],
  [
    'settings with a key misspelt',
    () => ask('settings', 'a', 'ci', '{\n "rulez": [] }'),
    'settings-invalid',
    /:2:2 rulez: unknown key; did you mean "rules"\?/,
  ],
  ['an ACL with a fault', () => ask('acl', 'a', 'ci', 'version: v2'), 'settings-invalid', /:1:/],
];

for (const [what, work, code, says] of mistakes) {
  test(`${what} is told as a mistake`, () =>
    assert.rejects(work(), (error) => {
      assert.ok(error instanceof ClincherError, String(error));
      assert.equal(error.code, code);
      assert.match(error.format(), says);
      return true;
    }));
}

test('hosts are read as people write them', () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ['a.example', 'a.example', 443],
    ['a.example:8443', 'a.example', 8_443],
    ['[2001:db8::1]:80', '2001:db8::1', 80],
    ['[2001:db8::1]', '2001:db8::1', 443],
    ['2001:db8::1', '2001:db8::1', 443],
  ];
  for (const [text, host, port] of rows) assert.deepEqual(readAsked(text), { host, port }, text);
});
