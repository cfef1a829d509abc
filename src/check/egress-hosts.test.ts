// Egress hosts: how each pattern is judged, one row for each trick.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostText } from '../config/fields.ts';
import { hostPatternError } from '../policy/host.ts';
import { exampleTopology, withEdge, withService } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';
import { judgeHost } from './egress-hosts.ts';
import { strangersHosts } from './strangers-hosts.ts';

/** Pattern to severity, with the reason for the row. */
const patterns: readonly (readonly [string, 'fatal' | 'warning' | null, string])[] = [
  ['api.anthropic.com', null, 'a provider'],
  ['*.anthropic.com', null, 'names below a name that somebody owns'],
  ['*.api.openai.com', null, 'deeper'],
  ['api.example.co.uk', null, 'below a suffix of two labels'],
  ['*', 'fatal', 'everything'],
  ['*.', 'fatal', 'everything, with a dot'],
  ['**', 'fatal', 'everything, twice'],
  ['**.anthropic.com', null, 'at any depth below a name that somebody owns'],
  ['**.com', 'fatal', 'a top-level domain, at any depth'],
  ['**.github.io', 'fatal', 'pages of strangers, at any depth'],
  ['**.192.0.2.7', 'fatal', 'two stars before an address'],
  ['***.example.com', 'fatal', 'three stars'],
  ['*.*', 'fatal', 'everything, in two labels'],
  ['*.*.example.com', 'fatal', 'a second wildcard'],
  ['api.*.example.com', 'fatal', 'a wildcard inside'],
  ['*example.com', 'fatal', 'also evil-example.com'],
  ['', null, 'nothing, which allows nothing'],
  ['*.com', 'fatal', 'a top-level domain'],
  ['*.COM', 'fatal', 'in capitals'],
  ['*.com.', 'fatal', 'with the root dot'],
  ['*.co.uk', 'fatal', 'a public suffix of two labels'],
  ['*.internal', 'fatal', 'a private top-level domain'],
  ['*.github.io', 'fatal', 'pages of strangers: the private part of the suffix list'],
  ['*.workers.dev', 'fatal', 'programs of strangers'],
  ['*.s3.amazonaws.com', 'fatal', 'buckets of strangers'],
  ['*.googleapis.com', 'fatal', 'covers storage.googleapis.com'],
  ['*.amazonaws.com', 'fatal', 'covers s3.amazonaws.com'],
  ['*.github.com', 'fatal', 'covers gist.github.com'],
  ['*.blob.core.windows.net', 'fatal', 'containers of strangers'],
  ['*.sub.ngrok.io', 'fatal', 'below a tunnel'],
  ['storage.googleapis.com', 'warning', 'buckets by path'],
  ['bucket.s3.amazonaws.com', 'warning', 'one bucket, whose owner the name does not say'],
  ['s3.eu-west-1.amazonaws.com', 'warning', 'with a region'],
  ['exfil.blob.core.windows.net', 'warning', 'one account'],
  ['gist.github.com', 'warning', 'gists of strangers'],
  ['PASTEBIN.com', 'warning', 'in capitals'],
  ['pastebin.com.', 'warning', 'with the root dot'],
  ['someone.trycloudflare.com', 'warning', 'a tunnel to anywhere'],
  ['dns.google', 'warning', 'names carry data'],
  ['notpastebin.com', null, 'another name'],
  ['vercel.app', 'warning', 'itself a suffix'],
  ['192.0.2.7', 'warning', 'an address'],
  ['2001:db8::7', 'warning', 'an address of version 6'],
  ['[2001:db8::7]', 'warning', 'in brackets'],
  ['*.192.0.2.7', 'fatal', 'a wildcard before an address'],
];

for (const [pattern, severity, why] of patterns) {
  test(`egress to "${pattern}" is judged ${severity ?? 'exact'}: ${why}`, () => {
    assert.equal(judgeHost(pattern)?.severity ?? null, severity);
  });
}

test('what the file takes and the checks let pass, egress takes too', () => {
  const label = fc.constantFrom(
    'com',
    'co',
    'uk',
    'github',
    '**',
    'io',
    'api',
    'example',
    '*',
    '192',
    '0',
  );
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      const pattern = labels.join('.');
      if (!hostText.safeParse(pattern).success || judgeHost(pattern)?.severity === 'fatal') return;
      assert.equal(hostPatternError(pattern), null, pattern);
    }),
    { numRuns: 500 },
  );
});

test('every host of strangers is found by its own row, and below it', () => {
  for (const { host, because } of strangersHosts) {
    assert.equal(judgeHost(host)?.what, because);
    assert.notEqual(judgeHost(`a.${host}`), null);
    assert.equal(judgeHost(`*.${host}`)?.severity, 'fatal');
  }
  const names = strangersHosts.map(({ host }) => host);
  assert.equal(new Set(names).size, names.length, 'no row twice');
});

test('a host is judged where it stands in the file, once for each caller', () => {
  const at = { file: 'clincher.yaml', line: 9, column: 7 };
  const rule = { caller: 'gateway', hosts: ['pastebin.com', '*'], ports: [443], at };
  const topology = exampleTopology({
    egress: { rules: [rule, rule], resolve: {}, unsafeAllowAddresses: [], at },
  });
  assert.deepEqual(found(topology), [
    'fatal egress-hosts gateway: gateway may reach *: that is every host, or no rule that has a meaning',
    'warning egress-hosts gateway: gateway may reach pastebin.com: where anybody can paste text',
  ]);
});

test('a host that only an edge declares is judged too', () => {
  const edge = { from: 'egress', to: 'internet', zone: 'egress-net', hosts: ['pastebin.com'] };
  assert.deepEqual(found(withEdge(exampleTopology(), edge)), [
    'warning egress-hosts egress: egress may reach pastebin.com: where anybody can paste text',
  ]);
});

test('the hosts of the rules are what counts when an edge says less', () => {
  const topology = withService(exampleTopology(), 'egress', ({ run }) => {
    assert.ok(run.role === 'egress');
    const extra = { caller: 'notes', hosts: ['*.org'], ports: [443], at: '' };
    return { run: { ...run, rules: { ...run.rules, rules: [...run.rules.rules, extra] } } };
  });
  assert.deepEqual(found(topology), [
    'fatal egress-hosts notes: notes may reach *.org: anybody can have a name below org',
  ]);
});
