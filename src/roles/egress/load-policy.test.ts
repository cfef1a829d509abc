// Rules from a file of their own: each rule knows its line, and a file with anything wrong in it
// gives none, with every fault's place.

import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClincherError } from '../../kit/error.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { loadPolicy, readRulesFile, rulesInForce } from './load-policy.ts';
import { egressSettings, smokescreenSwitches } from './settings.ts';

const smokescreen = smokescreenSwitches.parse({});

const good = `
# who may reach what
rules:
  - caller: llm
    hosts: [api.example.com, "*.one.example", "**.deep.example"]
    serverNames: ["*.front.example"]
    limits: { tunnelsMax: 4 }
  - { caller: gateway, hosts: [], mode: open, unsafeOpen: true }
globalAllow: [time.example]
globalDeny: ["**.zip"]
denyAddresses: [192.0.2.0/24, "[2001:db8::1]:443"]
`;

test('rules in a file know where they stand, and have the defaults of settings', () => {
  const read = readRulesFile(good, 'rules.yaml');
  assert.deepEqual(
    read.rules.map(({ at, ports }) => [at, ports]),
    [
      ['rules.yaml:4:5', [443]],
      ['rules.yaml:8:5', [443]],
    ],
  );
  assert.deepEqual([read.globalDeny, read.unsafeAllowAddresses], [['**.zip'], []]);
});

test('the same rules in JSON are the same rules', () => {
  const { rules, ...rest } = readRulesFile(good, 'rules.yaml');
  const text = JSON.stringify({ rules, ...rest }, null, 2);
  assert.deepEqual(readRulesFile(text, 'rules.json'), { rules, ...rest });
});

/** What is added to the file, the place, and what is said of it. */
const faults: readonly (readonly [string, string, string])[] = [
  ['a bare wildcard', 'rules: [{ caller: a, hosts: ["*"] }]', '1:30 rules[0].hosts[0]: a bare'],
  [
    'a wildcard of strangers',
    'rules: []\nglobalAllow: ["**.com"]',
    '2:15 globalAllow[0]: `**.com`',
  ],
  ['a misspelt key', 'rule: []\nrules: []', '1:1 rule: unknown key; did you mean "rules"?'],
  [
    'a misspelt key of a rule',
    'rules:\n  - { caller: a, host: [a.example] }',
    '2:18 rules[0].host: unknown key; did you mean "hosts"?',
  ],
  [
    'a misspelt mode',
    'rules:\n  - { caller: a, hosts: [], mode: enfroce }',
    '2:29 rules[0].mode: must be enforce, report or open; did you mean "enforce"?',
  ],
  [
    'open asked for once',
    'rules:\n  - { caller: a, hosts: [], mode: open }',
    '2:29 rules[0].mode: `open` lets its caller reach every host; say so again',
  ],
  [
    'unsafeOpen without open',
    'rules:\n  - { caller: a, hosts: [], unsafeOpen: true }',
    '2:5 rules[0].mode: unsafeOpen has no use',
  ],
  [
    'a limit of nothing',
    'rules:\n  - { caller: a, hosts: [], limits: { bytesUpMax: 0 } }',
    '2:39 rules[0].limits.bytesUpMax: must be more than 0',
  ],
  [
    'a server name that is none',
    'rules:\n  - { caller: a, hosts: [], serverNames: [a-.b] }',
    '2:43 rules[0].serverNames[0]: `a-.b` is not a host name',
  ],
  [
    'a proxy by name',
    'rules:\n  - { caller: a, hosts: [], upstreamProxy: "tcp:proxy.example:3128" }',
    '2:29 rules[0].upstreamProxy: must be an address',
  ],
  [
    'a proxy that is a descriptor',
    'rules:\n  - { caller: a, hosts: [], upstreamProxy: "fd:3" }',
    '2:29 rules[0].upstreamProxy: a proxy is dialled',
  ],
  [
    'everything denied',
    'rules: []\nglobalDeny: ["*"]',
    '2:14 globalDeny[0]: a bare `*` would deny',
  ],
  ['a name for an address', 'rules: []\ndenyAddresses: [a.example]', '2:17 denyAddresses[0]:'],
  ['a key twice', 'rules: []\nrules: []', '2:1: "rules" is here twice; first on line 1'],
  ['an alias', 'rules: &a []\nglobalDeny: *a', '2:13 globalDeny: aliases are not accepted'],
  ['limits that belong to the role', 'rules: []\nlimits: {}', '2:1 limits: unknown key'],
  ['nothing', '', '1:1: the file is empty'],
  ['a list', '- a', '1:1: must be a map, not a list'],
  ['no YAML', 'rules: [', '1:9: indented wrongly'],
];
for (const [what, text, said] of faults) {
  test(`a rules file with ${what} is refused at its place`, () => {
    assert.throws(
      () => readRulesFile(text, 'rules.yaml'),
      (error: Error) => {
        assert.ok(error instanceof ClincherError && error.code === 'settings-invalid');
        assert.ok(error.message.includes(`\n  rules.yaml:${said}`), error.message);
        return true;
      },
    );
  });
}

test('every fault of a file is told at once', () => {
  const text = 'rules:\n  - { caller: a, hosts: ["*", A.b, c-.d] }\nglobalDeny: ["*"]';
  assert.throws(() => readRulesFile(text, 'rules.yaml'), /^ProblemsError: 4 errors in rules.yaml/);
});

test('a policy file is read in the form that the settings name', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'policy');
  await writeFile(path, 'version: v1\nservices: [{ name: a, action: report }]');
  const asAcl = await loadPolicy({ path, format: 'smokescreen', smokescreen });
  assert.deepEqual([asAcl.rules[0]?.mode, asAcl.rules[0]?.at], ['report', `${path}:2:12`]);
  await assert.rejects(loadPolicy({ path, format: 'rules', smokescreen }), {
    code: 'settings-invalid',
  });
  await writeFile(path, good);
  assert.equal((await loadPolicy({ path, format: 'rules', smokescreen })).rules.length, 2);
});

test('what the settings hold for every caller stays beside the rules of the file', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'policy');
  await writeFile(path, good);
  const settings = egressSettings.parse({
    service: 'egress',
    admin: [],
    listen: [{ address: 'fd:3', caller: 'llm' }],
    rules: [],
    policyFile: { path },
    globalDeny: ['**.mov'],
    denyAddresses: ['198.51.100.7'],
    unsafeAllowAddresses: ['10.0.0.5'],
    resolve: { 'box.example': ['10.0.0.5'] },
  });
  const inForce = await rulesInForce(settings);
  assert.deepEqual(inForce.rules, readRulesFile(good, path).rules);
  assert.deepEqual(inForce.globalDeny, ['**.mov', '**.zip']);
  assert.equal(inForce.denyAddresses?.length, 3);
  assert.deepEqual(inForce.unsafeAllowAddresses, ['10.0.0.5']);
  assert.deepEqual(inForce.resolve, { 'box.example': ['10.0.0.5'] });
});

test('a policy file that cannot be read says why', async () => {
  await using folder = await temporaryFolder();
  const rows: readonly (readonly [string, (path: string) => Promise<unknown>, RegExp])[] = [
    ['missing', async () => {}, /cannot be read \(ENOENT\)/],
    ['folder', (path) => mkdir(path), /cannot be read \(EISDIR\)/],
    ['binary', (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0])), /it is not UTF-8 text/],
    ['huge', (path) => writeFile(path, Buffer.alloc(4 * 1024 * 1024 + 1, 32)), /larger than/],
  ];
  for (const [name, make, message] of rows) {
    const path = join(folder.path, name);
    await make(path);
    if (name !== 'missing') await chmod(path, 0o700);
    await assert.rejects(
      loadPolicy({ path, format: 'rules', smokescreen }),
      (error: Error) => message.test(error.message) && error instanceof ClincherError,
    );
  }
});
