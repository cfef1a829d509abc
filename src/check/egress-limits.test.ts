// What egress may dial beyond the public, providers past llm, and the budget.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlace } from '../kit/place.ts';
import { allowedAddressError } from '../policy/egress-allow.ts';
import { exampleOptions } from '../testing/example-options.ts';
import { exampleTopology } from '../testing/example-topology.ts';
import { found } from '../testing/findings.ts';
import { judgeRange } from './egress-addresses.ts';

/** Range to severity, with the reason for the row. */
const ranges: readonly (readonly [string, 'fatal' | 'warning' | null, string])[] = [
  ['10.0.0.5', null, 'one box'],
  ['10.0.0.5:8000', null, 'one box, one port'],
  ['[fd00::5]:8000', null, 'one box of version 6'],
  ['192.168.1.0/24', null, 'one network'],
  ['10.0.0.0/8', 'warning', 'a whole private range'],
  ['fd00::/8', 'fatal', 'holds the metadata service of AWS'],
  ['fd12::/16', 'warning', 'a whole private range of version 6'],
  ['169.254.169.254', 'fatal', 'the metadata service'],
  ['169.254.169.254:80', 'fatal', 'with a port'],
  ['169.254.0.0/16', 'fatal', 'the link it is on'],
  ['0.0.0.0/0', 'fatal', 'everything'],
  ['128.0.0.0/1', 'fatal', 'half of everything'],
  ['::/0', 'fatal', 'everything of version 6'],
  ['16.0.0.0/4', 'fatal', 'wider than egress itself takes'],
  ['100.100.100.200', 'fatal', 'the metadata service of Alibaba'],
  ['168.63.129.16', 'fatal', 'the wire server of Azure'],
  ['fd00:ec2::254', 'fatal', 'the metadata service over version 6'],
  ['db.example', 'fatal', 'no address'],
  ['10.0.0.0/33', 'fatal', 'no range'],
];

for (const [range, severity, why] of ranges) {
  test(`dialling ${range} is judged ${severity ?? 'narrow'}: ${why}`, () => {
    assert.equal(judgeRange(range)?.severity ?? null, severity);
  });
}

const at = { file: 'clincher.yaml', line: 9, column: 7 };

test('what is not judged fatal, egress takes too', () => {
  for (const [range, severity] of ranges) {
    if (severity !== 'fatal') assert.equal(allowedAddressError(range), null, range);
  }
});

test('the metadata service in unsafeAllowAddresses is found', () => {
  const egress = { rules: [], resolve: {}, unsafeAllowAddresses: ['169.254.169.254'], at };
  assert.deepEqual(found(exampleTopology({ egress })), [
    'fatal egress-addresses egress: unsafeAllowAddresses has 169.254.169.254: ' +
      "that holds a cloud's metadata service (AWS, GCP, Azure and others)",
  ]);
});

test('a provider that the agent may reach past llm is pointed out, also under a wildcard', () => {
  for (const host of ['api.anthropic.com', '*.anthropic.com']) {
    const rules = [{ caller: 'gateway', hosts: [host], ports: [443], at }];
    const egress = { rules, resolve: {}, unsafeAllowAddresses: [], at };
    assert.deepEqual(found(exampleTopology({ egress })), [
      `warning provider-direct gateway: gateway may reach ${host}, which is the model provider anthropic`,
    ]);
  }
});

test('a stack without a budget is found, and a budget of nothing pointed out', () => {
  assert.deepEqual(found(exampleTopology({ budgets: [] })), [
    'fatal budget llm: no budget is declared, so every call of a model will be refused',
  ]);
  const nothing = { by: 'all', name: null, limitNanoUsd: 0, window: 'day', at } as const;
  assert.deepEqual(found(exampleTopology({ budgets: [nothing] })), [
    'warning budget llm: the budget is 0, so every call of a model that it covers will be refused',
  ]);
});

test('models that cost nothing need no budget, one that costs something does', () => {
  const model = (price: { inputNanoUsd: number; outputNanoUsd: number } | null) => ({
    models: [
      {
        name: 'default',
        deployments: [{ provider: 'anthropic', model: 'm', price, outputTokensMax: null }],
        at: defaultPlace(),
      },
    ],
  });
  const free = { inputNanoUsd: 0, outputNanoUsd: 0 };
  const budgets: readonly [] = [];
  assert.deepEqual(found(exampleTopology({ budgets, ...model(free) })), []);
  for (const price of [null, { ...free, outputNanoUsd: 1 }]) {
    assert.equal(found(exampleTopology({ budgets, ...model(price) })).length, 1);
  }
  assert.deepEqual(found(exampleTopology({ budgets, demo: true })), []);
  assert.equal(exampleOptions().demo, false);
});
