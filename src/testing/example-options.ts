// One valid example of options: what tests mutate one way at a time, and what a short file comes
// down to.

import { defaultPlace, type Place } from '../kit/place.ts';
import type { SandboxOptions, StackOptions } from '../topology/options.ts';
import { openclawVersion } from '../topology/pins.ts';
import { standardDocker, standardShape } from '../topology/sandbox.ts';

const file = 'clincher.yaml';

/** Without a sandbox, unless it is said otherwise. */
export function exampleSandbox(change: Partial<SandboxOptions>): SandboxOptions {
  const standard = { shape: standardShape, docker: standardDocker, at: defaultPlace(file) };
  return { backend: 'none', ...standard, ...change };
}

/** Containers, by the daemon at this socket. */
export function dockerSandbox(socket: string, at: Place = defaultPlace(file)): SandboxOptions {
  const docker = { ...standardDocker, imageId: `sha256:${'a1'.repeat(32)}`, socket };
  return exampleSandbox({ backend: 'docker', docker, at });
}

/** As golden cases write it in JSON: `sandbox` as far as it is not the standard. */
export type CaseOptions = Partial<Omit<StackOptions, 'sandbox'>> & {
  readonly sandbox?: Partial<SandboxOptions>;
};

export function caseOptions({ sandbox, ...rest }: CaseOptions = {}): StackOptions {
  return exampleOptions({
    ...rest,
    ...(sandbox === undefined ? {} : { sandbox: exampleSandbox(sandbox) }),
  });
}

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
      cloudflare: null,
      at: defaultPlace(file),
    },
    // The reference has its Docker proxy always.
    sandbox: exampleSandbox(change.preset === 'reference' ? { backend: 'docker' } : {}),
    monitoring: null,
    services: [],
    edges: [],
    demo: false,
    ...change,
  };
}
