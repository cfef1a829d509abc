// Smokescreen's ACL: what a file becomes (cases/egress-acl), and what is then decided, row by row
// as Smokescreen decides it, and where we are stricter, with the switch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClincherError } from '../../kit/error.ts';
import { decide, egressPolicy, knownCaller } from '../../policy/egress.ts';
import { goldenCases } from '../../testing/golden.ts';
import { type EgressPolicyRules, smokescreenSwitches } from './settings.ts';
import { readSmokescreenAcl } from './smokescreen-acl.ts';

type Switches = Partial<Record<keyof typeof smokescreenSwitches.shape, boolean>>;
const read = (text: string, switches: Switches = {}) =>
  readSmokescreenAcl(text, 'acl.yaml', smokescreenSwitches.parse(switches));

goldenCases(new URL('../../../cases/egress-acl/', import.meta.url), (input) => {
  try {
    return summary(read(input));
  } catch (error) {
    assert.ok(error instanceof ClincherError);
    assert.equal(error.exitCode, 2);
    return error.format();
  }
});

function summary({ rules, globalDeny }: EgressPolicyRules): string {
  const lines = rules.map((rule) => JSON.stringify(rule));
  return [...lines, `deny ${JSON.stringify(globalDeny)}`].join('\n');
}

const acl = `
version: v1
services:
  - name: enforcing
    action: enforce
    allowed_domains: [a.example, "*.glob.example", denied-but-mine.example, 203.0.113.7]
  - { name: reporting, action: report, allowed_domains: [a.example] }
  - { name: opened, action: open }
default: { action: enforce, allowed_domains: [default.example] }
global_allow_list: [everyone.example, both.example]
global_deny_list: ["*.bad.example", both.example, denied-but-mine.example]
`;
const switches = { open: true };

/** As Smokescreen itself decides: service, host, verdict. */
const same: readonly (readonly [string, string, string])[] = [
  ['enforcing', 'a.example', 'allow'],
  ['enforcing', 'A.EXAMPLE', 'allow'],
  ['enforcing', 'b.example', 'deny'],
  ['enforcing', 'x.a.example', 'deny'],
  ['enforcing', 'x.glob.example', 'allow'],
  ['enforcing', 'y.x.glob.example', 'allow'],
  ['enforcing', 'glob.example', 'deny'],
  ['enforcing', 'xglob.example', 'deny'],
  ['enforcing', '203.0.113.7', 'allow'],
  ['enforcing', '203.0.113.8', 'deny'],
  ['enforcing', 'default.example', 'deny'],
  ['enforcing', 'everyone.example', 'allow'],
  ['enforcing', 'x.bad.example', 'deny'],
  ['enforcing', 'both.example', 'deny'],
  ['reporting', 'a.example', 'allow'],
  ['reporting', 'b.example', 'report'],
  ['reporting', 'everyone.example', 'allow'],
  ['reporting', 'x.bad.example', 'deny'],
  ['reporting', 'bad.example', 'report'],
  ['opened', 'b.example', 'allow'],
  ['opened', 'both.example', 'deny'],
  ['opened', 'y.x.bad.example', 'deny'],
  ['stranger', 'default.example', 'allow'],
  ['stranger', 'everyone.example', 'allow'],
  ['stranger', 'a.example', 'deny'],
  ['', 'default.example', 'allow'],
];
for (const [caller, host, verdict] of same) {
  test(`as with Smokescreen, ${caller || 'nobody'} asking for ${host} is ${verdict}`, () => {
    assert.equal(ask(read(acl, switches), caller, host), verdict);
  });
}

/** Service, host and port; the verdict; the switch that makes it an `allow`. */
const stricter: readonly (readonly [string, string, number, string, Switches])[] = [
  ['enforcing', 'a.example', 80, 'deny', { anyPort: true }],
  ['enforcing', 'everyone.example', 22, 'deny', { anyPort: true }],
  ['opened', 'b.example', 8443, 'deny', { anyPort: true }],
  ['enforcing', 'denied-but-mine.example', 443, 'deny', { rulesOverDeny: true }],
];
for (const [caller, host, port, verdict, more] of stricter) {
  const [name] = Object.keys(more);
  test(`stricter than Smokescreen, ${caller} to ${host}:${port} is ${verdict} without ${name}`, () => {
    assert.equal(ask(read(acl, switches), caller, host, port), verdict);
    assert.equal(ask(read(acl, { ...switches, ...more }), caller, host, port), 'allow');
  });
}

test('names with `_` and with the dot of the root load, and lead where they do there', () => {
  const file = `version: v1
services:
  - { name: s, action: enforce, allowed_domains: ["a_b.example", "*.x_y.example", "dot.example."] }
`;
  const rules = read(file, switches);
  for (const host of ['a_b.example', 'A_B.example', '_srv.x_y.example', 'dot.example']) {
    assert.equal(ask(rules, 's', host), 'allow', host);
  }
  for (const host of ['ab.example', 'a-b.example', 'x_y.example', 'dot.example.']) {
    assert.equal(ask(rules, 's', host), 'deny', host);
  }
});

test('no spelling of a host is repaired into one that is allowed', () => {
  for (const host of ['a.example.', 'a.example\0', '[a.example]', 'a-.glob.example', '']) {
    assert.equal(ask(read(acl, switches), 'enforcing', host), 'deny');
  }
});

test('a rule over the deny list lifts only what is its own', () => {
  const lifted = read(acl, { ...switches, rulesOverDeny: true });
  assert.equal(ask(lifted, 'enforcing', 'both.example'), 'deny');
  assert.equal(ask(lifted, 'opened', 'denied-but-mine.example'), 'deny');
});

test('a `*.` can be one label, and every other looseness is on the rules that ask for it', () => {
  const narrow = read(acl, { ...switches, oneLabel: true });
  assert.equal(ask(narrow, 'enforcing', 'x.glob.example'), 'allow');
  assert.equal(ask(narrow, 'enforcing', 'y.x.glob.example'), 'deny');
  const [strict] = read(acl, switches).rules;
  assert.deepEqual([strict?.unsafeAllowPlaintext, strict?.plainHttp], [undefined, undefined]);
  const [loose] = read(acl, { ...switches, plaintext: true, plainHttp: true }).rules;
  assert.deepEqual([loose?.unsafeAllowPlaintext, loose?.plainHttp], [true, true]);
});

test('without a default a service that is not listed is not known at all', () => {
  const policy = policyOf(read('version: v1\nservices: [{ name: a, action: enforce }]'));
  assert.equal(knownCaller(policy, 'b'), null);
  assert.equal(decide(policy, { caller: 'b', host: 'a.example', port: 443 }).verdict, 'deny');
});

test('a decision says where in the file it was made', () => {
  const policy = policyOf(read(acl, switches));
  const rule = (host: string) => decide(policy, { caller: 'enforcing', host, port: 443 }).rule;
  assert.equal(rule('x.glob.example'), 'enforcing to **.glob.example on 443 (acl.yaml:4:5)');
  assert.equal(rule('everyone.example'), 'enforcing to everyone.example on 443 (acl.yaml:10:1)');
});

test('aliases that grow without bound are refused, and soon', () => {
  const levels = Array.from({ length: 12 }, (_, i) => {
    const inner =
      i === 0
        ? 'x'
        : Array(10)
            .fill(`*a${i - 1}`)
            .join(', ');
    return `a${i}: &a${i} [${inner}]`;
  });
  assert.throws(() => read(`version: v1\nservices: []\n${levels.join('\n')}`), /nested too deeply/);
  assert.throws(() => read('version: v1\nservices: &a [*a]'), ClincherError);
});

test('an alias stands for what its anchor named where it is written, however many there are', () => {
  const many = '  - *one\n'.repeat(3_000);
  const lists = `global_deny_list: &deny\n  - &one a.example\n${many}`;
  const again = '  - &one b.example\n  - *one\n';
  const startedMs = performance.now();
  const rules = read(
    `version: v1\nservices: []\n${lists}global_allow_list:\n${again}default:\n  action: enforce\n  allowed_domains: *deny\n`,
  );
  assert.ok(performance.now() - startedMs < 4_000, 'each costs what it is, not what the file is');
  assert.deepEqual(new Set(rules.globalDeny), new Set(['a.example']));
  assert.deepEqual(new Set(rules.rules[0]?.hosts), new Set(['a.example']));
  assert.deepEqual(rules.rules[1]?.hosts, ['b.example', 'b.example']);
});

test('any text is rules or a declared error, and rules allow only what they list', () => {
  const host = fc.constantFrom('a.example', '*.b.example', '*', '*.', '*c.example', 'D.example');
  const action = fc.constantFrom('enforce', 'report', 'open', 'allow');
  const service = fc.record({ name: fc.string(), action, allowed_domains: fc.array(host) });
  const file = fc.record({ version: fc.constantFrom('v1', 'v2'), services: fc.array(service) });
  const text = fc.oneof(
    file.map((value) => JSON.stringify(value)),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        for (const rule of read(given).rules) {
          assert.ok(rule.mode !== 'open' && rule.unsafeOpen !== true);
          assert.ok(rule.hosts.every((one) => /^(\*\*\.b|a)\.example$/.test(one)));
        }
      } catch (error) {
        assert.ok(error instanceof ClincherError && error.code === 'settings-invalid', `${error}`);
      }
    }),
    { numRuns: 500 },
  );
});

function policyOf(rules: EgressPolicyRules) {
  return egressPolicy(rules.rules, [], [], rules);
}

function ask(rules: EgressPolicyRules, caller: string, host: string, port = 443): string {
  return decide(policyOf(rules), { caller, host, port }).verdict;
}
