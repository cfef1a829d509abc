// Settings that would allow everything, or nothing that was meant, are refused when they are
// loaded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { egressRole } from './serve.ts';

const base = {
  service: 'egress',
  admin: [],
  listen: [{ address: 'unix:/run/clincher/in/llm.proxy/sock', caller: 'llm' }],
};
const withHosts = (...hosts: string[]) => ({ rules: [{ caller: 'llm', hosts }] });

const refused: readonly (readonly [string, object, string])[] = [
  ['a bare wildcard', withHosts('*'), 'rules.0.hosts.0'],
  ['a wildcard for all of com', withHosts('api.example.com', '*.com'), 'rules.0.hosts.1'],
  ['a wildcard below a suffix of strangers', withHosts('*.github.io'), 'rules.0.hosts.0'],
  ['a wildcard in the middle', withHosts('api.*.com'), 'rules.0.hosts.0'],
  ['a URL for a host', withHosts('https://api.example.com'), 'rules.0.hosts.0'],
  ['a host with a port', withHosts('api.example.com:443'), 'rules.0.hosts.0'],
  ['capitals', withHosts('API.example.com'), 'rules.0.hosts.0'],
  ['an empty host', withHosts(''), 'rules.0.hosts.0'],
  ['a port that is none', { rules: [{ caller: 'llm', hosts: [], ports: [0] }] }, 'rules.0.ports.0'],
  ['a name server by name', { rules: [], resolvers: ['dns.example'] }, 'resolvers.0'],
  [
    'rules beside a policy file',
    { ...withHosts('a.example'), policyFile: { path: 'rules.yaml' } },
    'rules',
  ],
  ['a denied host that is none', { rules: [], globalDeny: ['a b'] }, 'globalDeny.0'],
  ['a bare wildcard for all', { rules: [], globalAllow: ['**'] }, 'globalAllow.0'],
  ['open asked for once', { rules: [{ caller: 'llm', hosts: [], mode: 'open' }] }, 'rules.0.mode'],
  ['a listener without a caller', { rules: [], listen: [{ address: 'fd:3' }] }, 'listen.0.caller'],
  [
    'mutual TLS without a CA',
    {
      rules: [],
      listen: [{ address: 'fd:3', identify: 'mtls', tls: { certFile: 'c', keyFile: 'k' } }],
    },
    'listen.0.tls.caFile',
  ],
  ['an unknown key', { rules: [], allow_all: true }, ''],
  ['an unknown key in a rule', { rules: [{ caller: 'llm', hosts: [], host: 'x' }] }, 'rules.0'],
  ['no rules at all', {}, 'rules'],
  [
    'a range of everything',
    { rules: [], unsafeAllowAddresses: ['0.0.0.0/0'] },
    'unsafeAllowAddresses.0',
  ],
  [
    'a name for an address',
    { rules: [], unsafeAllowAddresses: ['localhost'] },
    'unsafeAllowAddresses.0',
  ],
  ['a pinned name that is none', { rules: [], resolve: { 'a b': ['10.0.0.1'] } }, 'resolve.a b'],
  [
    'a pinned wildcard',
    { rules: [], resolve: { '*.a.example': ['10.0.0.1'] } },
    'resolve.*.a.example',
  ],
  [
    'a pinned name to a name',
    { rules: [], resolve: { 'a.example': ['b.example'] } },
    'resolve.a.example.0',
  ],
];

for (const [what, settings, path] of refused) {
  test(`settings with ${what} are refused`, () => {
    const parsed = egressRole.settings.safeParse({ ...base, ...settings });
    assert.equal(parsed.success, false);
    const paths = parsed.error?.issues.map((issue) => issue.path.join('.'));
    assert.ok(paths?.includes(path), `${path} is not among ${paths?.join(', ')}`);
  });
}

test('all errors are told at once', () => {
  const settings = { ...base, ...withHosts('*', '*.com'), unsafeAllowAddresses: ['x'] };
  assert.equal(egressRole.settings.safeParse(settings).error?.issues.length, 3);
});

test('exact hosts, a narrow wildcard and no hosts at all are accepted', () => {
  for (const settings of [withHosts('api.example.com', '*.example.com'), withHosts()]) {
    assert.equal(egressRole.settings.safeParse({ ...base, ...settings }).success, true);
  }
});
