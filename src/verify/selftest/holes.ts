// Holes to plant: each is one service of a stack started from a plan that has it. What verification
// is made of is proved by them: a probe or an attack that no hole makes fire could be broken, and
// nobody would know.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServicePlan } from '../../plan/model.ts';
import { inside } from '../../plan/paths.ts';
import type { Via } from '../model.ts';
import type { ChangeTwin } from '../twin-attacks.ts';
import { heldBackNothing } from './held-back-nothing.ts';
import { counting, sayingYes, writingDown } from './saying-yes.ts';
import type { StackCopy } from './stack-copy.ts';

export interface PlantedHole {
  readonly name: string;
  readonly service: string;
  /** Null: it is stopped. */
  readonly change: ((plan: ServicePlan, stack: StackCopy) => Partial<ServicePlan>) | null;
  /** Ways of trying that must find it. */
  readonly fires: readonly Via[];
  /** Classes of attacks that must succeed; then nothing but the attacks is tried. */
  readonly attacks?: readonly string[];
  /** Each of what is tried of the service in those classes must succeed, and not only some. */
  readonly everyRow?: true;
  /** Not in what runs, but in the twin of it that the attacks make for themselves. */
  readonly twin?: ChangeTwin;
  /** Made of what jails have, and containers have not: a socket handed over, the host's network. */
  readonly ofJails?: true;
}

const mount = (source: string, target: string, readOnly = true) => ({ source, target, readOnly });

const withProgram = (plan: ServicePlan, change: Record<string, unknown>) => {
  const program = plan.settings.program as Record<string, unknown>;
  return { settings: { ...plan.settings, program: { ...program, ...change } } };
};

const providerKey = 'provider-anthropic-key';

/** A secret that the agent does not hold. */
const anothers = ({ plan, topology }: StackCopy): string => {
  const held = plan.services.find(({ name }) => name === 'gateway')?.secrets ?? [];
  const others = topology.secrets.filter(({ name }) => !held.includes(name));
  const key = others.find(({ kind }) => kind === 'provider-key') ?? others[0];
  return key?.name ?? '';
};

/** Holes whose every trace is known: in the tests' stack these lines and, mostly, no other. */
export interface ExactHole extends PlantedHole {
  readonly change: (plan: ServicePlan, stack: StackCopy) => Partial<ServicePlan>;
  readonly expected: readonly string[];
  /** Whether it opens these alone; a network left on opens more. */
  readonly alone?: false;
}

export const plantedHoles: readonly ExactHole[] = [
  {
    name: 'an extra mount',
    fires: ['mount'],
    service: 'llm',
    change: ({ mounts }, { folder }) => ({
      mounts: [...mounts, mount(join(folder, 'planted'), '/srv/extra')],
    }),
    expected: ['llm -> host mount /srv/extra: open'],
  },
  {
    name: 'a writable host path',
    fires: ['mount'],
    service: 'metrics',
    change: ({ mounts }, { folder }) => ({
      mounts: [...mounts, mount(join(folder, 'planted'), '/srv/w', false)],
    }),
    expected: ['metrics -> host mount /srv/w: open'],
  },
  {
    name: 'a network left on, and names resolved with it',
    fires: ['tcp4', 'tcp6', 'udp4', 'udp6', 'abstract', 'rights', 'dns', 'icmp'],
    service: 'llm',
    change: () => ({ network: 'outside' }),
    alone: false,
    ofJails: true,
    expected: [
      "llm -> kernel rights another's net namespace: open",
      'llm -> internet tcp4 192.0.2.1:443: open',
      'llm -> internet udp6 [2001:db8::1]:53: open',
      'llm -> internet udp4 203.0.113.1:123: open',
      'llm -> internet tcp6 [2001:db8::1]:853: open',
      'llm -> metadata tcp4 169.254.169.254:80: open',
      'llm -> resolver udp4 192.0.2.1:53: open',
      'llm -> resolver dns the name clincher-probe.invalid: open',
    ],
  },
  {
    name: 'a second edge',
    fires: ['unix'],
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
    fires: ['secret'],
    service: 'gateway',
    change: ({ secrets }, stack) => ({ secrets: [...secrets, anothers(stack)] }),
    expected: [`gateway -> secret ${providerKey} secret ${inside.secrets}/${providerKey}: open`],
  },
  {
    name: 'a leaked environment variable',
    fires: ['secret', 'rights'],
    service: 'gateway',
    change: (plan, stack) => {
      const program = plan.settings.program as { env: Record<string, string> };
      const key = stack.secrets.get(anothers(stack))?.reveal() ?? '';
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
    fires: ['unix'],
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
    fires: ['listener'],
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
    fires: ['listener'],
    service: 'metrics',
    change: () => ({ inherits: [{ host: '0.0.0.0', port: 9_999 }] }),
    ofJails: true,
    expected: ['people -> metrics listener 0.0.0.0:9999: open'],
  },
  {
    name: 'a declared edge that is missing',
    fires: ['unix'],
    service: 'gateway',
    change: ({ dials }) => ({ dials: dials.filter(({ peer }) => peer !== 'docker-proxy') }),
    expected: ['gateway -> docker-proxy unix /run/clincher/out/docker-proxy.api/sock: absent'],
  },
];

/** Guards in whose place something else stands, the machine in a service, one that is gone. */
export const furtherHoles: readonly PlantedHole[] = [
  {
    name: "the agent's own program, to be changed by it",
    service: 'gateway',
    fires: ['write'],
    change: ({ mounts }) => ({ mounts: mounts.map((one) => ({ ...one, readOnly: false })) }),
  },
  {
    name: 'the temporary folder of the host',
    service: 'metrics',
    fires: ['file', 'unix'],
    change: ({ mounts }) => ({ mounts: [...mounts, mount(tmpdir(), tmpdir())] }),
  },
  {
    name: 'a way out that says yes to everything, asked the few questions of every run',
    service: 'egress',
    fires: ['http'],
    change: (plan) => sayingYes(plan),
  },
  {
    name: 'a service that does not run',
    service: 'metrics',
    fires: ['process'],
    change: null,
  },
  {
    name: 'a way out that says yes to everything',
    service: 'egress',
    fires: ['attack'],
    attacks: [
      ...['egress-lines', 'egress-framing', 'egress-methods', 'egress-spelling', 'egress-hosts'],
      ...['egress-ports', 'egress-steering', 'egress-slow'],
    ],
    everyRow: true,
    change: (plan) => sayingYes(plan),
  },
  {
    name: 'a model proxy that says yes to everything',
    service: 'llm',
    fires: ['attack'],
    attacks: ['llm-keys', 'llm-apis', 'llm-administration', 'llm-models', 'llm-bodies', 'llm-slow'],
    everyRow: true,
    change: (plan) => sayingYes(plan),
  },
  {
    name: 'a Docker proxy that says yes to everything',
    service: 'docker-proxy',
    fires: ['attack'],
    attacks: ['docker-calls', 'docker-writings', 'docker-wire', 'docker-proxy-slow'],
    everyRow: true,
    change: (plan) => sayingYes(plan),
  },
  {
    name: 'an ingress that says yes to everything',
    service: 'ingress',
    fires: ['attack'],
    attacks: ['ingress-requests', 'ingress-upgrades', 'ingress-tokens'],
    everyRow: true,
    change: (plan) => sayingYes(plan),
  },
  {
    name: 'a door for who looks on that says yes to everything, and counts by what it is told',
    service: 'egress',
    fires: ['attack'],
    attacks: ['monitor', 'admin-told'],
    everyRow: true,
    change: counting,
  },
  ...['llm', 'ingress'].map(
    (service): PlantedHole => ({
      ...{ name: `${service} counting by what it is told`, service, fires: ['attack'] },
      ...{ attacks: [`${service}-told`], everyRow: true, change: counting },
    }),
  ),
  ...['egress', 'docker-proxy'].map(
    (service): PlantedHole => ({
      ...{ name: `${service} writing down what it is told`, service, fires: ['attack'] },
      ...{ attacks: [`${service}-told`], everyRow: true, change: writingDown },
    }),
  ),
  {
    name: 'an ingress that waits ten minutes for a head',
    service: 'ingress',
    fires: ['attack'],
    attacks: ['ingress-slow'],
    change: ({ settings }) => ({
      settings: {
        ...settings,
        limits: { ...(settings.limits as object), headerTimeoutMs: 600_000 },
      },
    }),
  },
  {
    name: 'a way out that may reach this machine',
    service: 'egress',
    fires: ['attack'],
    attacks: ['egress-hosts', 'canary'],
    change: ({ settings }) => ({
      settings: {
        ...settings,
        rules: [{ caller: '*', hosts: ['127.0.0.1'], ports: [], unsafeAnyPort: true }],
        unsafeAllowAddresses: ['127.0.0.1'],
      },
    }),
  },
  {
    name: 'a model proxy that counts no money, looks for no secrets and keeps answers for everybody',
    service: 'llm',
    fires: ['attack'],
    attacks: ['llm-money', 'llm-secrets', 'llm-cache', 'llm-callers', 'llm-foreign'],
    everyRow: true,
    change: () => ({}),
    twin: heldBackNothing,
  },
  {
    name: "the machine's files, devices and sockets in a service",
    service: 'metrics',
    fires: ['attack'],
    attacks: ['files-read', 'files-changed', 'files-sockets'],
    change: ({ mounts }, { folder }) => ({
      mounts: [
        ...mounts,
        mount(join(folder, 'planted'), '/var/lib/docker/containers'),
        mount(join(folder, 'planted'), '/etc/cron.d', false),
        mount(join(folder, 'docker.sock'), '/run/docker.sock'),
      ],
    }),
  },
];
