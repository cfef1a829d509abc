// One valid example of options: what tests mutate one way at a time, and what a short file comes
// down to.

import { defaultPlace, type Place } from '../kit/place.ts';
import type { StackOptions } from '../topology/options.ts';
import { openclawVersion } from '../topology/pins.ts';

const file = 'clincher.yaml';

export function exampleOptions(change: Partial<StackOptions> = {}): StackOptions {
  const line = (line: number): Place => ({ file, line, column: 3 });
  return {
    preset: 'default',
    driver: 'embedded',
    isolation: 'sealed',
    file,
    agent: { program: 'openclaw', version: openclawVersion, at: defaultPlace(file) },
    providers: [
      {
        name: 'anthropic',
        dialect: 'anthropic',
        baseUrl: 'https://api.anthropic.com',
        key: { kind: 'env', variable: 'ANTHROPIC_API_KEY' },
        keyText: 'env:ANTHROPIC_API_KEY',
        caFile: null,
        at: line(3),
      },
    ],
    models: [
      {
        name: 'claude',
        deployments: [
          { provider: 'anthropic', model: 'claude-sonnet-4-5', price: null, outputTokensMax: null },
        ],
        at: defaultPlace(file),
      },
    ],
    limits: [],
    budgets: [{ by: 'all', name: null, limitNanoUsd: 20_000_000_000, window: 'day', at: line(4) }],
    egress: { rules: [], resolve: {}, unsafeAllowAddresses: [], at: defaultPlace(file) },
    ingress: {
      listen: { host: '127.0.0.1', port: 8_443 },
      origin: 'https://localhost:8443',
      tls: 'local',
      at: defaultPlace(file),
    },
    sandbox: { dockerSocket: null, at: defaultPlace(file) },
    monitoring: null,
    services: [],
    edges: [],
    demo: false,
    ...change,
  };
}
