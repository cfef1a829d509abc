// Holes for verification's tests: each is one service started from a plan that has it. The stack is
// that of verified-stack.ts.

import { join } from 'node:path';
import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import type { VerifiedStack } from './verified-stack.ts';

export interface PlantedHole {
  readonly name: string;
  readonly service: string;
  readonly change: (plan: ServicePlan, stack: VerifiedStack) => Partial<ServicePlan>;
  /** Every one of these must be named. */
  readonly expected: readonly string[];
  /** Whether it opens these alone; a network left on opens more. */
  readonly alone?: false;
  /** Made of what jails have, and containers have not: a socket handed over, the host's network. */
  readonly ofJails?: true;
}

const mount = (source: string, target: string, readOnly = true) => ({ source, target, readOnly });

const withProgram = (plan: ServicePlan, change: Record<string, unknown>) => {
  const program = plan.settings.program as Record<string, unknown>;
  return { settings: { ...plan.settings, program: { ...program, ...change } } };
};

export const plantedHoles: readonly PlantedHole[] = [
  {
    name: 'an extra mount',
    service: 'llm',
    change: ({ mounts }, { folder }) => ({
      mounts: [...mounts, mount(join(folder, 'planted'), '/srv/extra')],
    }),
    expected: ['llm -> host mount /srv/extra: open'],
  },
  {
    name: 'a writable host path',
    service: 'metrics',
    change: ({ mounts }, { folder }) => ({
      mounts: [...mounts, mount(join(folder, 'planted'), '/srv/w', false)],
    }),
    expected: ['metrics -> host mount /srv/w: open'],
  },
  {
    name: 'a network left on, and names resolved with it',
    service: 'llm',
    change: () => ({ network: 'outside' }),
    alone: false,
    ofJails: true,
    expected: [
      "llm -> kernel rights another's net namespace: open",
      'llm -> internet tcp4 192.0.2.1:443: open',
      'llm -> internet udp6 [2001:db8::1]:53: open',
      'llm -> metadata tcp4 169.254.169.254:80: open',
      'llm -> resolver udp4 192.0.2.1:53: open',
      'llm -> resolver dns the name clincher-probe.invalid: open',
    ],
  },
  {
    name: 'a second edge',
    service: 'metrics',
    change: ({ dials }) => ({
      dials: [
        ...dials,
        { edge: 'gateway--docker-proxy.api', peer: 'docker-proxy', folder: '/run/clincher/out/x' },
      ],
    }),
    expected: [
      'metrics -> docker-proxy unix /run/clincher/out/x/sock: open',
      'metrics -> host mount /run/clincher/out/x: open',
    ],
  },
  {
    name: "a readable secret of another's",
    service: 'gateway',
    change: ({ secrets }) => ({ secrets: [...secrets, 'provider-anthropic-key'] }),
    expected: [
      `gateway -> secret provider-anthropic-key secret ${inside.secrets}/provider-anthropic-key: open`,
    ],
  },
  {
    name: 'a leaked environment variable',
    service: 'gateway',
    change: (plan, { secrets }) => {
      const program = plan.settings.program as { env: Record<string, string> };
      const key = secrets.get('provider-anthropic-key')?.reveal() ?? '';
      return withProgram(plan, { env: { ...program.env, API_KEY: key } });
    },
    expected: [
      'gateway -> secret provider-anthropic-key secret API_KEY of process N: open',
      `gateway -> secret provider-anthropic-key secret ${inside.settings}: open`,
      'gateway -> kernel rights variables beyond its template: open',
    ],
  },
  {
    name: 'docker.sock mounted',
    service: 'llm',
    change: ({ mounts }, { folder }) => ({
      mounts: [...mounts, mount(join(folder, 'docker.sock'), '/run/docker.sock')],
    }),
    expected: [
      'llm -> docker.sock unix /run/docker.sock: open',
      'llm -> host mount /run/docker.sock: open',
    ],
  },
  {
    name: 'a listener on the world',
    service: 'gateway',
    change: (plan) => {
      const program = plan.settings.program as { argv: readonly string[] };
      const argv = program.argv.map((arg) => arg.replaceAll('127.0.0.1', '0.0.0.0'));
      return withProgram(plan, { argv });
    },
    expected: ['people -> gateway listener 0.0.0.0:18789: open'],
  },
  {
    name: 'a listener of the host inherited by another service than ingress',
    service: 'metrics',
    change: () => ({ inherits: [{ host: '0.0.0.0', port: 9_999 }] }),
    ofJails: true,
    expected: ['people -> metrics listener 0.0.0.0:9999: open'],
  },
  {
    name: 'a declared edge that is missing',
    service: 'gateway',
    change: ({ dials }) => ({ dials: dials.filter(({ peer }) => peer !== 'docker-proxy') }),
    expected: ['gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock: absent'],
  },
];
