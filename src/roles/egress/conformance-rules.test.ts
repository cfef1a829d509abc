// What anyone may expect of an egress proxy's rules, whoever wrote it: each row is named after what
// it stops, or after whom it must not stop. Asked of an ACL file as people bring it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClincherError } from '../../kit/error.ts';
import { decide, egressPolicy } from '../../policy/egress.ts';
import type { Reason } from '../../policy/reasons.ts';
import { smokescreenSwitches } from './settings.ts';
import { readSmokescreenAcl } from './smokescreen-acl.ts';

const acl = `version: v1
services:
  - name: enforcing
    project: agents
    action: enforce
    allowed_domains: [api.example.com, '*.wild.example.com', conflict.example.com]
  - name: reporting
    project: agents
    action: report
    allowed_domains: [api.example.com]
  - name: opened
    project: agents
    action: open
    allowed_domains: [api.example.com]
  - name: empty
    project: agents
    action: enforce
default:
  project: others
  action: enforce
  allowed_domains: [default.example.com]
global_allow_list: [global.example.com, '*.global.example.com', both.example.com]
global_deny_list: [denied.example.com, '*.denied.example.com', both.example.com, conflict.example.com]
`;

const load = (text: string, more: object = {}) => {
  const switches = smokescreenSwitches.parse({ open: true, ...more });
  const rules = readSmokescreenAcl(text, 'acl.yaml', switches);
  return egressPolicy(rules.rules, rules.unsafeAllowAddresses, [], rules);
};
const policy = load(acl);
const withoutDefault = load(acl.replace(/default:\n(?: {2}.*\n)+/, ''));

type Verdict = 'allow' | 'deny' | 'report';
type Row = readonly [stops: string, caller: string, host: string, verdict: Verdict, reason: Reason];

const rows: readonly Row[] = [
  ['nobody who is listed', 'enforcing', 'api.example.com', 'allow', 'allowed'],
  ['a host that is not listed', 'enforcing', 'evil.example', 'deny', 'host-not-allowed'],
  ['nobody below a wildcard', 'enforcing', 'a.wild.example.com', 'allow', 'allowed'],
  ['nobody deep below one, as there', 'enforcing', 'a.b.wild.example.com', 'allow', 'allowed'],
  ['the apex of a wildcard', 'enforcing', 'wild.example.com', 'deny', 'host-not-allowed'],
  ['a name that ends alike', 'enforcing', 'xwild.example.com', 'deny', 'host-not-allowed'],
  ['nobody in another case', 'enforcing', 'API.example.com', 'allow', 'allowed'],
  ['a name with a trailing dot', 'enforcing', 'api.example.com.', 'deny', 'host-malformed'],
  ['nobody who is listed, reporting', 'reporting', 'api.example.com', 'allow', 'allowed'],
  ['nobody, but tells of it', 'reporting', 'evil.example', 'report', 'host-not-allowed'],
  ['nobody who is listed, open', 'opened', 'api.example.com', 'allow', 'allowed'],
  ['nobody at all, open', 'opened', 'evil.example', 'allow', 'allowed'],
  ['everything for an empty list', 'empty', 'api.example.com', 'deny', 'host-not-allowed'],
  ['nobody whom the default allows', 'stranger', 'default.example.com', 'allow', 'allowed'],
  ['a stranger to the default', 'stranger', 'api.example.com', 'deny', 'host-not-allowed'],
  [
    'the default for one with a rule',
    'enforcing',
    'default.example.com',
    'deny',
    'host-not-allowed',
  ],
  ['nobody on the global list', 'empty', 'global.example.com', 'allow', 'allowed'],
  ['nobody below the global list', 'enforcing', 'a.global.example.com', 'allow', 'allowed'],
  ['a host on the global deny list', 'opened', 'denied.example.com', 'deny', 'host-denied'],
  ['it for one that only reports', 'reporting', 'denied.example.com', 'deny', 'host-denied'],
  ['a name below the deny list', 'opened', 'a.b.denied.example.com', 'deny', 'host-denied'],
  ['the deny list in another case', 'opened', 'DENIED.example.com', 'deny', 'host-denied'],
  [
    'a dot that walks round the deny list',
    'opened',
    'denied.example.com.',
    'deny',
    'host-malformed',
  ],
  ['what is on both global lists', 'enforcing', 'both.example.com', 'deny', 'host-denied'],
  ['what is denied and in a rule', 'enforcing', 'conflict.example.com', 'deny', 'host-denied'],
  ['an address in place of a name', 'enforcing', '192.0.2.1', 'deny', 'host-not-allowed'],
  ['an address that a pattern might mean', 'enforcing', '[::1]', 'deny', 'host-malformed'],
];

for (const [stops, caller, host, verdict, reason] of rows) {
  test(`the rules stop ${stops}: ${caller} to ${host}`, () => {
    const decision = decide(policy, { caller, host, port: 443 });
    assert.deepEqual([decision.verdict, decision.reason], [verdict, reason]);
    const expectsRule = verdict !== 'deny' || reason === 'host-denied';
    assert.equal(decision.rule !== null, expectsRule, 'a decision names its rule');
  });
}

test('the rules stop a caller that no rule knows where there is no default', () => {
  const asked = { caller: 'stranger', host: 'global.example.com', port: 443 };
  assert.equal(decide(withoutDefault, asked).verdict, 'deny');
  assert.equal(decide(policy, asked).verdict, 'allow');
});

test('a rule goes over the deny list only where that was asked for', () => {
  const asked = { caller: 'enforcing', host: 'conflict.example.com', port: 443 };
  assert.equal(decide(load(acl, { rulesOverDeny: true }), asked).verdict, 'allow');
});

test('the rules stop every port but 443, unless any was asked for', () => {
  for (const port of [1, 22, 80, 442, 444, 8_443, 65_535]) {
    const asked = { caller: 'enforcing', host: 'api.example.com', port };
    assert.equal(decide(policy, asked).reason, 'port-not-allowed', String(port));
    assert.equal(decide(load(acl, { anyPort: true }), asked).verdict, 'allow', String(port));
  }
});

const service = (line: string) =>
  `version: v1\nservices:\n  - name: x\n    action: enforce\n    ${line}\n`;
const domain = (pattern: string) => service(`allowed_domains: [${JSON.stringify(pattern)}]`);

/** Never loaded: a file that means everything, or nothing that its author meant. */
const refused: readonly (readonly [stops: string, text: string, line: number])[] = [
  ['a wildcard for everything', domain('*'), 5],
  ['a wildcard for everything with a dot', domain('*.'), 5],
  ['a wildcard inside a label', domain('*foo.example.com'), 5],
  ['a wildcard glued to a label', domain('foo*.example.com'), 5],
  ['a wildcard in the middle', domain('api.*.example.com'), 5],
  ['a wildcard at the end', domain('api.example.*'), 5],
  ['two wildcards', domain('*.*.example.com'), 5],
  ['an empty pattern', domain(''), 5],
  ['a pattern of spaces', domain(' '), 5],
  ['a pattern in capitals', domain('API.example.com'), 5],
  ['a pattern that is not in its international form', domain('bücher.example'), 5],
  ['a URL for a pattern', domain('https://api.example.com'), 5],
  ['a pattern with a port', domain('api.example.com:443'), 5],
  ['a pattern with a path', domain('api.example.com/v1'), 5],
  ['interception that is not built', service('mitm_domains: [{ domain: api.example.com }]'), 5],
  ['a key that means nothing', service('allowed_domain: [api.example.com]'), 5],
  ['an action nobody knows', 'version: v1\nservices:\n  - name: x\n    action: allow\n', 4],
  ['a rule without an action', 'version: v1\nservices:\n  - name: x\n', 3],
  ['the same service twice', `${domain('a.example')}  - name: x\n    action: enforce\n`, 6],
  ['a service without a name', 'version: v1\nservices:\n  - action: enforce\n', 3],
  ['another version', 'version: v2\nservices: []\n', 1],
  ['no version', 'services: []\n', 1],
  ['no services', 'version: v1\n', 1],
  ['an empty file', '', 1],
  ['a file that is a list', '- a\n', 1],
  ['a file that is no YAML', 'version: [v1\n', 2],
  [
    'a wildcard for everything on the deny list',
    `${domain('a.example')}global_deny_list: ['*']\n`,
    6,
  ],
  [
    'a wildcard for everything by default',
    'version: v1\nservices: []\ndefault:\n  action: enforce\n  allowed_domains: ["*"]\n',
    5,
  ],
];

for (const [stops, text, line] of refused) {
  test(`loading stops ${stops}, and says where`, () => {
    assert.throws(
      () => load(text),
      (error) => {
        assert.ok(error instanceof ClincherError, String(error));
        assert.equal(error.code, 'settings-invalid');
        assert.match(error.message, new RegExp(`acl\\.yaml:${line}:[0-9]+`), error.message);
        return true;
      },
    );
  });
}

test('loading stops `open` that was not asked for twice', () => {
  assert.throws(() => load(acl, { open: false }), /acl\.yaml:13:5 .*open/);
});
