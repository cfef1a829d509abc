// Arbitrary options that the embedded driver can run: what property tests draw from.

import fc from 'fast-check';
import type { Place } from '../kit/place.ts';
import { type StackOptions, sandboxBackends, type UserEdge } from '../topology/options.ts';
import { exampleOptions } from './example-options.ts';

const place: fc.Arbitrary<Place> = fc
  .integer({ min: 1, max: 99 })
  .map((line) => ({ file: 'clincher.yaml', line, column: 3 }));
const host = fc.constantFrom('api.example.com', 'models.example.net', 'box.example.org');

const provider = fc.record({
  name: fc.constantFrom('anthropic', 'openai', 'own', 'other'),
  dialect: fc.constantFrom('anthropic' as const, 'openai' as const),
  baseUrl: fc
    .tuple(fc.constantFrom('https', 'http'), host, fc.constantFrom('', ':8443', '/v1beta'))
    .map(([scheme, name, rest]) => `${scheme}://${name}${rest}`),
  key: fc.constantFrom(null, { kind: 'env' as const, variable: 'KEY' }),
  keyText: fc.constant('env:KEY'),
  caFile: fc.constantFrom(null, '/etc/own-ca.pem'),
  at: place,
});

const price = fc.record({ inputNanoUsd: fc.nat(), outputNanoUsd: fc.nat() });

/** Models only of providers that are there: what the user's file is checked for before. */
function models(providers: StackOptions['providers']): fc.Arbitrary<StackOptions['models']> {
  if (providers.length === 0) return fc.constant([]);
  const deployment = fc.record({
    provider: fc.constantFrom(...providers.map(({ name }) => name)),
    model: fc.constantFrom('small', 'large'),
    price: fc.option(price),
    outputTokensMax: fc.option(fc.integer({ min: 1, max: 100_000 })),
  });
  const model = fc.record({
    name: fc.constantFrom('fast', 'good', 'best'),
    deployments: fc.array(deployment, { minLength: 1, maxLength: 3 }),
    at: place,
  });
  return fc.uniqueArray(model, { maxLength: 3, selector: ({ name }) => name });
}

const budgets = fc.array(
  fc.record({
    ...{
      by: fc.constantFrom('all' as const, 'key' as const),
      name: fc.constantFrom(null, 'agent'),
    },
    limitNanoUsd: fc.nat(),
    window: fc.constantFrom('hour' as const, 'day' as const, 'total' as const),
    at: place,
  }),
  { maxLength: 3 },
);

const egressRule = fc.record({
  caller: fc.constantFrom('llm', 'gateway'),
  hosts: fc.array(host, { minLength: 1, maxLength: 3 }),
  ports: fc.constantFrom([443], [443, 8443]),
  at: place,
});

const alarms = fc.record({
  ...{ host: fc.constant('hooks.example.com'), port: fc.constant(443) },
  ...{ source: fc.constant({ kind: 'env' as const, variable: 'ALARM_URL' }), at: place },
});

const services = ['ingress', 'gateway', 'llm', 'egress', 'metrics'] as const;
const userEdge: fc.Arbitrary<UserEdge> = fc.record({
  from: fc.constantFrom(...services),
  to: fc.constantFrom(...services),
  port: fc.constantFrom('api', 'http', 'admin', 'proxy', '8080'),
  at: place,
});

const redis = fc.record({
  where: fc.record({
    host: fc.constant('redis.example.com'),
    port: fc.constant(6_380),
    caFile: fc.option(fc.constant('/ca.pem')),
  }),
  password: fc.constantFrom(null, { kind: 'env' as const, variable: 'REDIS_PASSWORD' }),
  ...{ instance: fc.constant('one'), instances: fc.constant(2), at: place },
});

export const anyOptions: fc.Arbitrary<StackOptions> = fc
  .uniqueArray(provider, { maxLength: 3, selector: ({ name }) => name })
  .chain((providers) =>
    fc
      .record({
        models: models(providers),
        budgets,
        rules: fc.array(egressRule, { maxLength: 3 }),
        edges: fc.array(userEdge, { maxLength: 3 }),
        backend: fc.constantFrom(...sandboxBackends),
        port: fc.integer({ min: 1, max: 65_535 }),
        monitored: fc.option(place),
        demo: fc.boolean(),
        alarms: fc.option(alarms, { nil: undefined }),
        redis: fc.option(redis, { nil: undefined }),
      })
      .map(({ rules, backend, port, monitored, ...rest }) => {
        const base = exampleOptions();
        return exampleOptions({
          ...rest,
          providers,
          egress: { ...base.egress, rules },
          sandbox: { ...base.sandbox, backend },
          ingress: { ...base.ingress, listen: { host: '127.0.0.1', port } },
          monitoring: monitored === null ? null : { at: monitored },
        });
      }),
  );
