// Fuzz target: the loaders of rules, ours and Smokescreen's. A file gives rules that are sound one
// by one, or the declared error with a place; and never a rule for everything.

import assert from 'node:assert/strict';
import { ClincherError } from '../../kit/error.ts';
import { decide, egressPolicy } from '../../policy/egress.ts';
import { hostPatternError } from '../../policy/host.ts';
import { reasons } from '../../policy/reasons.ts';
import { readRulesFile } from '../../roles/egress/load-policy.ts';
import {
  type EgressPolicyRules,
  egressPolicyRules,
  smokescreenSwitches,
} from '../../roles/egress/settings.ts';
import { readSmokescreenAcl } from '../../roles/egress/smokescreen-acl.ts';
import type { FuzzTarget } from './run.ts';
import { buffers } from './texts.ts';

const acl = `version: v1
services:
  - name: llm
    project: agents
    action: enforce
    allowed_domains:
      - api.example.com
      - '*.wild.example.com'
  - name: ci
    project: agents
    action: report
    allowed_domains: [pypi.org]
default:
  project: others
  action: enforce
global_deny_list:
  - evil.example
global_allow_list: [status.example.com]
`;
const own = `rules:
  - caller: llm
    hosts: [api.example.com, "*.wild.example.com"]
    ports: [443, 8443]
  - { caller: ci, hosts: ["**.example.org"], mode: report }
globalDeny: [evil.example]
resolve: { box.example.com: [10.0.0.5] }
unsafeAllowAddresses: ["10.0.0.5:443"]
`;
const words =
  'version: v1 v2 services: - name: project: action: enforce report open allowed_domains: default: ' +
  'global_deny_list: global_allow_list: * *. ** **. * [ ] { } , : # & *a ! | > --- ... null ~ true 1 ' +
  'rules: caller: hosts: ports: mode: unsafeOpen: limits: resolve: __proto__: << evil.example .com';

const switches = smokescreenSwitches.parse({});

/** There a wildcard may stand over a whole suffix, as it always could, but never over all. */
export const aclTarget = rulesTarget('smokescreen-acl', acl, 'deny', (text) =>
  readSmokescreenAcl(text, 'acl.yaml', switches),
);
export const rulesFileTarget = rulesTarget('rules-file', own, 'allow', (text) =>
  readRulesFile(text, 'rules.yaml'),
);

function rulesTarget(
  name: string,
  valid: string,
  width: 'allow' | 'deny',
  load: (text: string) => EgressPolicyRules,
): FuzzTarget {
  return {
    name,
    weight: 1,
    seeds: buffers([valid]),
    tokens: buffers([...words.split(' '), '\n', '\n  ', '\n    - ', '\t', '  ', "'", '"', '\r\n']),
    check(input) {
      const rules = loadOr(load, input.toString('utf8'));
      if (rules === null) return 'refused';
      assertSound(rules, width);
      return 'rules';
    },
  };
}

function loadOr(load: (text: string) => EgressPolicyRules, text: string): EgressPolicyRules | null {
  try {
    return load(text);
  } catch (error) {
    if (!(error instanceof ClincherError) || error.code !== 'settings-invalid') throw error;
    assert.match(error.message, /\.yaml:[0-9]+:[0-9]+/, 'an error without a place');
    return null;
  }
}

function assertSound(rules: EgressPolicyRules, width: 'allow' | 'deny'): void {
  assert.ok(egressPolicyRules.safeParse(rules).success, 'the rules are not what settings take');
  for (const { hosts, mode, unsafeOpen, at } of rules.rules) {
    for (const host of hosts) assert.equal(hostPatternError(host, width), null, host);
    assert.ok(mode !== 'open' || unsafeOpen === true, 'open, and asked for once');
    assert.match(at, /^[a-z]+\.yaml:[0-9]+:[0-9]+$/);
  }
  const policy = egressPolicy(rules.rules, rules.unsafeAllowAddresses, [], rules);
  for (const caller of ['llm', 'ci', 'nobody']) {
    const { reason, verdict } = decide(policy, { caller, host: 'evil.example', port: 443 });
    assert.ok(Object.hasOwn(reasons, reason));
    const opened = rules.rules.some(({ mode, hosts }) => mode !== undefined || hosts.length > 0);
    assert.ok(verdict === 'deny' || opened || rules.globalAllow !== undefined);
  }
}
