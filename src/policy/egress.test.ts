// The two decisions of egress: on the name before it is resolved, and on each address afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { classifyAddress, parseBlock } from './address-class.ts';
import { decide, decideAddress, type EgressPolicy, egressFix, egressPolicy } from './egress.ts';
import { allowedAddressError } from './egress-allow.ts';
import { reasons } from './reasons.ts';

const rules = [
  {
    caller: 'llm',
    hosts: ['api.example.com', '*.wild.example.com', '10.0.0.5', 'constructor'],
    ports: [443],
    at: 'clincher.yaml:14:7',
  },
  { caller: 'llm', hosts: ['api.example.com'], ports: [8443], at: 'clincher.yaml:20:7' },
  { caller: 'gateway', hosts: ['chat.example.com'], ports: [443], at: '' },
  { caller: 'mute', hosts: [], ports: [443], at: '' },
];
const policy = egressPolicy(rules, [], []);

const names: readonly (readonly [string, string, number, string, string | null])[] = [
  ['llm', 'api.example.com', 443, 'allowed', '14:7'],
  ['llm', 'API.EXAMPLE.com', 443, 'allowed', '14:7'],
  ['llm', 'api.example.com', 8443, 'allowed', '20:7'],
  ['llm', 'api.example.com', 80, 'port-not-allowed', '14:7'],
  ['llm', 'one.wild.example.com', 443, 'allowed', '14:7'],
  ['llm', 'wild.example.com', 443, 'host-not-allowed', null],
  ['llm', 'two.one.wild.example.com', 443, 'host-not-allowed', null],
  ['llm', 'evilwild.example.com', 443, 'host-not-allowed', null],
  ['llm', 'example.com', 443, 'host-not-allowed', null],
  ['llm', 'api.example.com.evil.example', 443, 'host-not-allowed', null],
  ['llm', 'evilapi.example.com', 443, 'host-not-allowed', null],
  ['llm', 'evil-api.example.com', 443, 'host-not-allowed', null],
  ['llm', 'api-example.com', 443, 'host-not-allowed', null],
  ['llm', 'chat.example.com', 443, 'host-not-allowed', null],
  ['llm', 'api.example.com.', 443, 'host-malformed', null],
  ['llm', '*.wild.example.com', 443, 'host-malformed', null],
  ['llm', '10.0.0.5', 443, 'allowed', '14:7'],
  ['llm', '10.0.0.6', 443, 'host-not-allowed', null],
  ['llm', '10.5', 443, 'host-malformed', null],
  ['gateway', 'api.example.com', 443, 'host-not-allowed', null],
  ['mute', 'api.example.com', 443, 'host-not-allowed', null],
  ['nobody', 'api.example.com', 443, 'host-not-allowed', null],
  ['LLM', 'api.example.com', 443, 'host-not-allowed', null],
];

for (const [caller, host, port, reason, at] of names) {
  test(`${caller} asking for ${host}:${port} is ${reason}`, () => {
    const decision = decide(policy, { caller, host, port });
    assert.equal(decision.reason, reason);
    assert.equal(decision.verdict, reason === 'allowed' ? 'allow' : 'deny');
    assert.equal(decision.host !== null, reason === 'allowed');
    if (at === null) assert.equal(decision.rule, null);
    else assert.ok(decision.rule?.includes(`clincher.yaml:${at}`), decision.rule ?? 'no rule');
  });
}

test('no rules deny everything', () => {
  const empty = egressPolicy([], [], []);
  const decision = decide(empty, { caller: 'llm', host: 'api.example.com', port: 443 });
  assert.deepEqual([decision.verdict, decision.reason], ['deny', 'host-not-allowed']);
});

const opened = (...texts: string[]) => egressPolicy(rules, texts, []);
const own: EgressPolicy = {
  ...opened('127.0.0.0/8', '::ffff:0:0/96'),
  own: ['127.0.0.0/8', '::1'].map((text) => ({ block: block(text), port: 4750 })),
};

const addresses: readonly (readonly [string, EgressPolicy, string, string])[] = [
  ['8.8.8.8', policy, 'allowed', 'public'],
  ['2606:4700::1', policy, 'allowed', 'public'],
  ['10.0.0.5', policy, 'address-not-public', 'private'],
  ['10.0.0.5', opened('10.0.0.5'), 'allowed', 'private'],
  ['10.0.0.5', opened('10.0.0.0/8'), 'allowed', 'private'],
  ['10.0.0.5', opened('10.0.0.5:443'), 'allowed', 'private'],
  ['10.0.0.5', opened('10.0.0.5:8443'), 'address-not-public', 'private'],
  ['10.0.0.6', opened('10.0.0.5'), 'address-not-public', 'private'],
  ['fd00::5', opened('[fd00::/8]:443'), 'allowed', 'private'],
  ['fd00::5', opened('fd00::5'), 'allowed', 'private'],
  ['fd00::5', opened('[fd00::/8]:8443'), 'address-not-public', 'private'],
  ['::ffff:10.0.0.5', opened('10.0.0.0/8'), 'address-not-public', 'embeds-ipv4'],
  ['64:ff9b::808:808', policy, 'address-not-public', 'embeds-ipv4'],
  ['64:ff9b::808:808', opened('64:ff9b::/96'), 'allowed', 'embeds-ipv4'],
  ['64:ff9b::a9fe:a9fe', opened('64:ff9b::/96'), 'address-never', 'embeds-ipv4'],
  ['169.254.169.254', policy, 'address-never', 'metadata'],
  ['169.254.169.254', opened('169.254.0.0/16'), 'address-never', 'metadata'],
  ['169.254.169.254', opened('169.254.169.254'), 'address-never', 'metadata'],
  ['fd00:ec2::254', opened('fd00::/8'), 'address-never', 'metadata'],
  ['::ffff:169.254.169.254', opened('::ffff:0:0/96'), 'address-never', 'embeds-ipv4'],
  ['0.0.0.0', opened('0.0.0.0/8'), 'address-never', 'unspecified'],
  ['::', opened('::'), 'address-never', 'unspecified'],
  ['224.0.0.1', opened('224.0.0.0/8'), 'address-never', 'multicast'],
  ['255.255.255.255', opened('255.255.255.255'), 'address-never', 'broadcast'],
  ['127.0.0.1', opened('127.0.0.1'), 'allowed', 'loopback'],
];

for (const [address, rulesOf, reason, name] of addresses) {
  const allowed = rulesOf.allowed.map((one) => one.text).join(' ') || 'nothing';
  test(`${address} with ${allowed} opened is ${reason}`, () => {
    const decision = decideAddress(rulesOf, address, 443);
    assert.deepEqual([decision.reason, decision.class], [reason, name]);
    assert.equal(decision.verdict, reason === 'allowed' ? 'allow' : 'deny');
  });
}

for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
  test(`the proxy's own listener at ${address} is denied though its range is opened`, () => {
    assert.equal(decideAddress(own, address, 4750).reason, 'address-own');
  });
}

test('another port beside the own listener is judged like others', () => {
  assert.equal(decideAddress(own, '127.0.0.1', 4751).reason, 'allowed');
});

test('the address to dial is the canonical text of the one that was judged', () => {
  assert.equal(decideAddress(policy, '2606:4700:0:0::1', 443).address, '2606:4700::1');
  assert.equal(decideAddress(policy, 'api.example.com', 443).reason, 'address-malformed');
  assert.equal(decideAddress(policy, 'fe80::1%lo', 443).address, null);
});

const badBlocks = [
  '',
  '*',
  'example.com',
  '10.0.0.0/33',
  '10.0.0.1/8',
  '0.0.0.0/0',
  '::/0',
  '0.0.0.0/7',
];
const badPorts = ['10.0.0.5:0', '10.0.0.5:65536', '10.0.0.5:0443', '10.0.0.5:', '[10.0.0.5]:443'];
for (const text of [...badBlocks, ...badPorts, 'fe80::1%eth0', '[::1', '2130706433', '127.1']) {
  test(`unsafeAllowAddresses refuses ${JSON.stringify(text)}`, () => {
    assert.notEqual(allowedAddressError(text), null);
  });
}

test('the fix names the line that would allow it, and there is none for what nothing opens', () => {
  const request = { caller: 'llm', host: 'api.other.example', port: 443 };
  assert.equal(
    egressFix(request, decide(policy, request)),
    'egress.rules: - { caller: llm, hosts: [api.other.example], ports: [443] }',
  );
  const denied = decideAddress(policy, 'fd00::5', 443);
  assert.equal(egressFix(request, denied), 'egress.unsafeAllowAddresses: ["[fd00::5]:443"]');
  assert.equal(allowedAddressError('[fd00::5]:443'), null);
  assert.equal(egressFix(request, decideAddress(policy, '169.254.169.254', 443)), null);
});

test('any request and any answer end in a declared decision, and only public ones are allowed', () => {
  const host = fc.oneof(fc.string(), fc.domain(), fc.constantFrom('api.example.com', '10.0.0.5'));
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
  fc.assert(
    fc.property(host, fc.integer(), address, (name, port, answer) => {
      const decision = decide(policy, { caller: 'llm', host: name, port });
      assert.ok(decision.reason in reasons);
      const judged = decideAddress(policy, answer, port);
      assert.ok(judged.reason in reasons);
      if (judged.verdict === 'allow') assert.equal(classifyAddress(answer)?.class, 'public');
    }),
    { numRuns: 1_000 },
  );
});

function block(text: string) {
  const parsed = parseBlock(text);
  assert.ok(parsed);
  return parsed;
}

test('a caller whose name reads like more of a rule adds nothing to the line that would allow it', () => {
  const request = { caller: "x,hosts:['**.com'],y:{z", host: 'other.example', port: 443 };
  const fix = egressFix(request, decide(policy, request)) ?? '';
  const [rule] = parse(fix.replace(/^egress\.rules: /, ''));
  assert.deepEqual(rule, { caller: request.caller, hosts: [request.host], ports: [443] });
});
