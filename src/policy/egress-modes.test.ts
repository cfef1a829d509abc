// What lies beyond a caller's own hosts: modes, the lists for everyone, patterns of any depth,
// callers that no rule names, denied addresses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decide,
  decideAddress,
  type EgressLists,
  type EgressRule,
  egressPolicy,
  knownCaller,
} from './egress.ts';
import { canonicalHost } from './host.ts';
import { hostPatterns } from './host-pattern.ts';

const at = 'rules.yaml:3:5';
const hosts = ['api.example.com', '*.one.example.com', '**.deep.example.com'];
const rule = (more: Partial<EgressRule> = {}): EgressRule => ({
  caller: 'llm',
  hosts,
  ports: [443],
  at,
  ...more,
});
const lists: EgressLists = {
  globalAllow: ['**.shared.example.com', 'both.example.com'],
  globalDeny: ['**.bad.example.com', 'both.example.com', 'api.example.com'],
};

type Row = readonly [
  name: string,
  rules: EgressRule[],
  asked: string,
  verdict: string,
  why: string,
];
const enforce = [rule()];
const report = [rule({ mode: 'report' })];
const open = [rule({ mode: 'open', unsafeOpen: true })];
const over = [rule({ unsafeOverDeny: true })];
const other = 'other.example.com:443';

const rows: readonly Row[] = [
  ['enforce allows one label', enforce, 'a.one.example.com:443', 'allow', 'allowed'],
  ['enforce stops at one label', enforce, 'b.a.one.example.com:443', 'deny', 'host-not-allowed'],
  ['`**.` goes one deep', enforce, 'a.deep.example.com:443', 'allow', 'allowed'],
  ['`**.` goes three deep', enforce, 'c.b.a.deep.example.com:443', 'allow', 'allowed'],
  ['`**.` leaves the apex out', enforce, 'deep.example.com:443', 'deny', 'host-not-allowed'],
  ['`**.` needs a whole label', enforce, 'xdeep.example.com:443', 'deny', 'host-not-allowed'],
  [
    '`**.` ends where it says',
    enforce,
    'a.deep.example.com.evil.example:443',
    'deny',
    'host-not-allowed',
  ],
  ['enforce denies the rest', enforce, other, 'deny', 'host-not-allowed'],
  ['report lets the rest through', report, other, 'report', 'host-not-allowed'],
  ['report keeps to its ports', report, 'other.example.com:80', 'deny', 'host-not-allowed'],
  ['report allows its hosts as such', report, 'a.one.example.com:443', 'allow', 'allowed'],
  ['report does not repair a host', report, 'other.example.com.:443', 'deny', 'host-malformed'],
  ['open allows the rest', open, other, 'allow', 'allowed'],
  ['open keeps to its ports', open, 'other.example.com:22', 'deny', 'host-not-allowed'],
  ['open asked for once is not open', [rule({ mode: 'open' })], other, 'deny', 'host-not-allowed'],
  [
    'unsafeOpen alone opens nothing',
    [rule({ unsafeOpen: true })],
    other,
    'deny',
    'host-not-allowed',
  ],
  ['any port', [rule({ unsafeAnyPort: true })], 'a.one.example.com:22', 'allow', 'allowed'],
  ['another port is told', enforce, 'a.one.example.com:22', 'deny', 'port-not-allowed'],
  ['deny wins over a rule', enforce, 'api.example.com:443', 'deny', 'host-denied'],
  ['deny wins over report', report, 'x.bad.example.com:443', 'deny', 'host-denied'],
  ['deny wins over open', open, 'x.bad.example.com:443', 'deny', 'host-denied'],
  ['deny wins over the allow list', enforce, 'both.example.com:443', 'deny', 'host-denied'],
  ['deny holds in capitals', open, 'X.BAD.example.com:443', 'deny', 'host-denied'],
  ['deny holds on every port', open, 'x.bad.example.com:80', 'deny', 'host-denied'],
  ['a rule over the deny list', over, 'api.example.com:443', 'allow', 'allowed'],
  ['only its own hosts are over it', over, 'both.example.com:443', 'deny', 'host-denied'],
  ['everyone has the allow list', enforce, 'a.shared.example.com:443', 'allow', 'allowed'],
  ['the allow list is for 443', enforce, 'a.shared.example.com:80', 'deny', 'host-not-allowed'],
  [
    'a wildcard is for names',
    [rule({ hosts: ['*.0.0.5'] })],
    '10.0.0.5:443',
    'deny',
    'host-not-allowed',
  ],
];

for (const [name, rules, asked, verdict, reason] of rows) {
  test(`modes and lists: ${name}`, () => {
    const policy = egressPolicy(rules, [], [], lists);
    const [host = '', port] = asked.split(':');
    const decision = decide(policy, { caller: 'llm', host, port: Number(port) });
    assert.deepEqual([decision.verdict, decision.reason], [verdict, reason]);
    assert.equal(decision.host !== null, verdict !== 'deny');
    if (verdict === 'report') assert.match(decision.rule ?? '', /with a report.*rules\.yaml:3:5/);
  });
}

test('a decision names the pattern that made it, not the whole list', () => {
  const policy = egressPolicy(enforce, [], [], lists);
  const ruleFor = (host: string) => decide(policy, { caller: 'llm', host, port: 443 }).rule;
  assert.equal(ruleFor('b.a.deep.example.com'), `llm to **.deep.example.com on 443 (${at})`);
  assert.equal(ruleFor('x.bad.example.com'), 'globalDeny: **.bad.example.com');
  assert.equal(ruleFor('a.shared.example.com'), 'globalAllow: **.shared.example.com');
});

test('the rule for others is for callers without a rule of their own, and for no one else', () => {
  const policy = egressPolicy([rule(), rule({ caller: '*', hosts: ['rest.example.com'] })], [], []);
  const ask = (caller: string, host: string) => decide(policy, { caller, host, port: 443 }).verdict;
  assert.equal(ask('stranger', 'rest.example.com'), 'allow');
  assert.equal(ask('stranger', 'api.example.com'), 'deny');
  assert.equal(ask('llm', 'rest.example.com'), 'deny');
  assert.deepEqual([knownCaller(policy, 'llm'), knownCaller(policy, 'stranger')], ['llm', '*']);
  assert.equal(knownCaller(egressPolicy(enforce, [], []), 'stranger'), null);
});

const denied: readonly (readonly [string, string, number, string])[] = [
  ['1.1.1.1', '1.1.1.0/24', 443, 'address-denied'],
  ['1.1.1.1', '1.1.1.1', 443, 'address-denied'],
  ['1.1.1.1', '1.1.1.1:443', 443, 'address-denied'],
  ['1.1.1.1', '1.1.1.1:443', 80, 'allowed'],
  ['1.1.2.1', '1.1.1.0/24', 443, 'allowed'],
  ['10.0.0.5', '10.0.0.5', 443, 'address-denied'],
  ['::ffff:10.0.0.5', '10.0.0.5', 443, 'address-denied'],
  ['2606:4700::1', '[2606:4700::/32]:443', 443, 'address-denied'],
];
for (const [address, text, port, reason] of denied) {
  test(`${address}:${port} with ${text} denied and all of 10/8 allowed is ${reason}`, () => {
    const allowed = ['10.0.0.0/8', '::ffff:0:0/96'];
    const policy = egressPolicy([], allowed, [], { denyAddresses: [text] });
    assert.equal(decideAddress(policy, address, port).reason, reason);
  });
}

test('the sets find what comparing label by label finds', () => {
  const label = fc.constantFrom('a', 'b', 'example', 'com', 'xa');
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  const stars = fc.constantFrom('', '*.', '**.');
  const pattern = fc.tuple(stars, name).map(([star, base]) => `${star}${base}`);
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), name, (patterns, asked) => {
      const host = canonicalHost(asked);
      assert.ok(host);
      const expected = patterns.some((one) => plainlyMatches(one.split('.'), asked.split('.')));
      const found = hostPatterns(patterns).find(host);
      assert.equal(found !== null, expected);
      if (found !== null) assert.ok(patterns.includes(found));
    }),
    { numRuns: 2_000 },
  );
});

function plainlyMatches(pattern: readonly string[], host: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  const tail = host.slice(host.length - rest.length).join('.') === rest.join('.');
  if (first === '*') return host.length === rest.length + 1 && tail;
  if (first === '**') return host.length > rest.length && tail;
  return pattern.join('.') === host.join('.');
}

test('with a deny list over everything else, nothing on it is ever let through', () => {
  const any = fc.constantFrom('api.example.com', 'x.bad.example.com', 'BOTH.example.com', 'y.com');
  const mode = fc.constantFrom('enforce', 'report', 'open', undefined);
  fc.assert(
    fc.property(any, mode, fc.boolean(), fc.nat(65_535), (host, ruleMode, unsafeOpen, port) => {
      const policy = egressPolicy([rule({ mode: ruleMode, unsafeOpen })], [], [], lists);
      const decision = decide(policy, { caller: 'llm', host, port });
      if (host !== 'y.com') assert.equal(decision.reason, 'host-denied');
      else assert.equal(decision.verdict === 'deny', decision.host === null);
    }),
    { numRuns: 500 },
  );
});
