// A caller's rules out of the settings: its own before the common ones, and faults found before
// anything is asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerProxyRules } from '../../roles/docker-proxy/settings.ts';
import { exampleTemplate, type RulesInput } from '../../testing/docker-policy.ts';
import { policyFaults, policyOf, racedBinds } from './caller.ts';

const policy = (rules: RulesInput, caller = 'gateway') =>
  policyOf(dockerProxyRules.parse(rules), caller);

test('nothing said is the handshake; what is said of a caller stands before the common', () => {
  assert.equal(policy({}).profile, 'handshake');
  const rules: RulesInput = {
    profile: 'observe',
    scope: 'home',
    callers: { gateway: { profile: 'sandbox', template: exampleTemplate } },
  };
  assert.deepEqual([policy(rules).profile, policy(rules, 'other').profile], ['sandbox', 'observe']);
  assert.deepEqual([policy(rules).scope, policy(rules, 'other').template], ['home', undefined]);
  assert.equal(policy(rules, 'constructor').profile, 'observe');
});

test('a template is bounded and has a user that is not root', () => {
  const bad: readonly object[] = [
    { images: [] },
    { images: [{ name: 'a', id: 'sha256:1' }] },
    { images: [{ name: 'a' }], user: '0' },
    { images: [{ name: 'a' }], user: 'root' },
    { images: [{ name: 'a' }], user: '1000:0' },
    { images: [{ name: 'a' }], memoryBytes: { max: -1 } },
    { images: [{ name: 'a' }], privileged: true },
  ];
  for (const template of bad) {
    const parsed = dockerProxyRules.safeParse({ profile: 'sandbox', template });
    assert.equal(parsed.success, false, JSON.stringify(template));
  }
});

test('what cannot be followed is a fault, with the caller and the place', () => {
  const images = [{ name: 'a' }];
  const bind = (hostSource: string) => ({
    profile: 'sandbox' as const,
    template: { images, binds: [{ source: '/work', hostSource, target: '/workspace' }] },
  });
  const custom = (rule: object) => ({
    profile: 'custom' as const,
    custom: [{ method: 'GET' as const, path: '/info', at: 'clincher.yaml:3:5', ...rule }],
  });
  const rows: readonly (readonly [rules: RulesInput, says: RegExp | null])[] = [
    [{ profile: 'sandbox' }, /needs a template/],
    [{ profile: 'exec-only' }, /needs a template/],
    [{ profile: 'tecnativa', switches: { CONTAINER: true } }, /no switch CONTAINER/],
    [{ profile: 'tecnativa', switches: { CONTAINERS: true } }, null],
    [bind('/srv/work'), null],
    [bind('/'), /plain absolute/],
    [bind('/srv/../etc'), /plain absolute/],
    [bind('/etc'), /belongs to the host/],
    [bind('/var'), /belongs to the host/],
    [bind('/var/run/docker.sock'), /belongs to the host/],
    [custom({}), null],
    [custom({ path: '/infos' }), /clincher\.yaml:3:5 .*names no call/],
    [custom({ path: 'info' }), /names no call/],
    [custom({ query: ['x'] }), /names "x"/],
    [custom({ method: 'POST', path: '/containers/create', body: 'template' }), /needs a template/],
    [custom({ method: 'POST', path: '/containers/create' }), /belongs to nobody/],
    [custom({ method: 'POST', path: '/build', body: 'template' }), /only creates and execs/],
  ];
  for (const [rules, says] of rows) {
    const faults = policyFaults(policy(rules)).join('\n');
    if (says === null) assert.equal(faults, '', JSON.stringify(rules));
    else assert.match(faults, says);
  }
});

test('a folder in which links can be put is bound only where somebody looks, or says so', () => {
  const binds = (more: object) => [
    { source: '/work', target: '/workspace' },
    { source: '/boxes', target: '/boxes', below: true, ...more },
  ];
  const raced = (profile: RulesInput['profile'], more: object, template: object = {}) =>
    racedBinds(
      policy({ profile, template: { ...exampleTemplate, ...template, binds: binds(more) } }),
    );
  assert.deepEqual(raced('sandbox', {}), [1]);
  assert.deepEqual(raced('custom', {}), [1]);
  assert.deepEqual(raced('sandbox', { readOnly: true }), [1], 'what is read is the host, too');
  assert.deepEqual(raced('sandbox', { unsafeLinks: true }), []);
  assert.deepEqual(raced('sandbox', {}, { commandsOnly: true }), []);
  assert.deepEqual(raced('sandbox', { below: false }), []);
  assert.deepEqual(raced('exec-only', {}), [], 'it makes no container');
});
