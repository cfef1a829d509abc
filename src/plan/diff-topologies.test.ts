// What a change means for security, word for word: one row per kind of change.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyOptions } from '../testing/any-options.ts';
import { dockerSandbox, exampleOptions } from '../testing/example-options.ts';
import type { ProviderOptions, StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { diffTopologies } from './diff-topologies.ts';

const at = { file: 'clincher.yaml', line: 14, column: 7 };
const base = exampleOptions();
const words = (change: Partial<StackOptions>, from: Partial<StackOptions> = {}) =>
  diffTopologies(standardTopology(exampleOptions(from)), standardTopology(exampleOptions(change)));

const openai: ProviderOptions = {
  name: 'openai',
  dialect: 'openai',
  baseUrl: 'https://api.openai.com',
  key: { kind: 'env', variable: 'OPENAI_API_KEY' },
  keyText: 'env:OPENAI_API_KEY',
  caFile: null,
  at,
};
const service = { name: 'db', zone: 'data-net', image: null, argv: ['db'], at };

const rows: readonly (readonly [string, Partial<StackOptions>, readonly string[]])[] = [
  ['nothing at all', {}, ['nothing changes']],
  [
    'a line above in the file',
    { budgets: [{ by: 'all', name: null, limitNanoUsd: 20_000_000_000, window: 'day', at }] },
    ['only the places of declarations move: what may happen stays the same'],
  ],
  [
    'a larger budget',
    { budgets: [{ by: 'all', name: null, limitNanoUsd: 50_000_000_000, window: 'day', at }] },
    ['budget 20 USD a day -> 50 USD a day'],
  ],
  [
    'another provider',
    { providers: [...base.providers, openai] },
    [
      'llm can now read secret provider-openai-key',
      'llm: provider openai none -> ' +
        'https://api.openai.com (openai) with secret provider-openai-key',
      'llm may now reach api.openai.com:443',
      'adds secret provider-openai-key, from env:OPENAI_API_KEY',
    ],
  ],
  [
    'a rule for the gateway',
    {
      egress: {
        ...base.egress,
        rules: [{ caller: 'gateway', hosts: ['api.telegram.org'], ports: [443], at }],
      },
    },
    [
      'gateway may now reach api.telegram.org:443',
      'opens edge gateway -> egress (proxy): named hosts (clincher.yaml:14:7)',
    ],
  ],
  [
    'a rule that only reports, and hides server names',
    {
      egress: {
        ...base.egress,
        rules: [
          {
            caller: 'gateway',
            hosts: ['a.example'],
            ports: [443],
            at,
            mode: 'report',
            ech: 'allow',
          },
        ],
      },
    },
    [
      'gateway may now reach a.example:443',
      'gateway may now reach every-host:443',
      'egress: gateway to a.example none -> {"ech":"allow"}',
      'opens edge gateway -> egress (proxy): named hosts (clincher.yaml:14:7)',
    ],
  ],
  [
    'lists for everyone',
    { egress: { ...base.egress, globalDeny: ['**.zip'], denyAddresses: ['192.0.2.7'] } },
    ['egress: globalDeny none -> ["**.zip"]', 'egress: denyAddresses none -> ["192.0.2.7"]'],
  ],
  [
    'an address that is not public',
    { egress: { ...base.egress, unsafeAllowAddresses: ['10.0.0.0/8'] } },
    ['egress may now connect to 10.0.0.0/8, though that is not public'],
  ],
  [
    'a service and an edge of the user',
    { services: [service], edges: [{ from: 'gateway', to: 'db', port: '5432', at }] },
    [
      'adds zone data-net on host app, internal',
      'adds service db in data-net (clincher.yaml:14:7)',
      'opens edge gateway -> db (5432): declared by you (clincher.yaml:14:7)',
    ],
  ],
  [
    'a listener on the world',
    { ingress: { ...base.ingress, listen: { host: '0.0.0.0', port: 443 } } },
    [
      'ingress no longer listens on 127.0.0.1:8443',
      'ingress listens to the world on 0.0.0.0:443',
      'ingress: listen {"host":"127.0.0.1","port":8443} -> {"host":"0.0.0.0","port":443}',
    ],
  ],
  [
    'another model behind a name',
    {
      models: [
        {
          name: 'claude',
          deployments: [
            { provider: 'anthropic', model: 'claude-x', price: null, outputTokensMax: 99 },
          ],
          at,
        },
      ],
    },
    [
      'llm: model claude anthropic/claude-sonnet-4-5 up to 8192 tokens out -> ' +
        'anthropic/claude-x up to 99 tokens out',
    ],
  ],
  [
    'a newer agent',
    { agent: { ...base.agent, version: '2026.10.1' } },
    ['gateway: version 2026.9.6 -> 2026.10.1'],
  ],
];
for (const [name, change, expected] of rows) {
  test(`the words for ${name}`, () => assert.deepEqual(words(change), expected));
}

test('where nothing ran, what reaches beyond the stack is told', () => {
  assert.deepEqual(diffTopologies(null, standardTopology(exampleOptions())), [
    'ingress listens to this machine on 127.0.0.1:8443',
    'budget 20 USD a day',
    'egress gets a route to the outside',
    'llm may now reach api.anthropic.com:443',
  ]);
});

test('taking a Docker socket away closes what it opened', () => {
  const from = { sandbox: dockerSandbox('/var/run/docker.sock', at) };
  assert.deepEqual(words({}, from), [
    'takes away host-resource docker.sock on app',
    'takes service docker-proxy away',
    'closes edge gateway -> docker-proxy (api)',
    'closes edge docker-proxy -> docker.sock (api)',
    'closes edge metrics -> docker-proxy (admin)',
  ]);
});

test('a new service with more than a bare process says so', () => {
  const sentences = words({ sandbox: dockerSandbox('/var/run/docker.sock', at) });
  assert.ok(
    sentences.includes(
      "docker-proxy now sees the host's /var/run/docker.sock at /run/docker.sock, read-only",
    ),
  );
});

test('no difference but of places goes without words of its own', () => {
  const silent = /^(nothing changes|only the places|the topology is written)/;
  fc.assert(
    fc.property(anyOptions, anyOptions, (a, b) => {
      const [before, after] = [standardTopology(a), standardTopology(b)];
      const [first = ''] = diffTopologies(before, after);
      const same = JSON.stringify(after, dropPlaces) === JSON.stringify(before, dropPlaces);
      assert.equal(silent.test(first), same, first);
    }),
    { numRuns: 100 },
  );
});

function dropPlaces(key: string, value: unknown): unknown {
  // What a user calls the key's variable is told with the secret's source.
  return key === 'at' || key === 'keyHint' ? undefined : value;
}
