// A plan as a stack file of Swarm: pure, the same bytes from the same plan. `docker stack deploy`
// reads YAML 1.1 and the third version of Compose, and ignores much of what Compose knows: only
// what a node really gives is in here.

import { stringify } from 'yaml';
import type { BridgeEnd, ServicePlan } from '../../plan/model.ts';
import { bridgesIn } from '../compose/compose-network.ts';
import { localNetworks, networkName, type SwarmService, type SwarmStack } from './model.ts';
import { secretName, secretsIn } from './secrets.ts';
import { configName, configsIn, serviceOf } from './swarm-service.ts';

/** What no service is without, whatever it does. */
const everyService = {
  read_only: true,
  cap_drop: ['ALL'],
  stop_grace_period: '15s',
  logging: { driver: 'json-file', options: { 'max-size': '16m', 'max-file': '2' } },
} as const;

interface Entry {
  readonly key: string;
  readonly comment?: string;
  readonly value: object;
  /** The anchor of what it has in common with others. */
  readonly like?: string;
}

/**
 * Ends with a newline.
 * @throws ClincherError `usage` for what a task has not
 */
export function renderSwarm(stack: SwarmStack): string {
  const { services } = stack;
  const bridges = bridgesIn(services.map(({ plan }) => plan));
  return [
    headOf(stack),
    "version: '3.9'\n",
    '# What every service has, and no line below takes back.\n',
    `x-every-service: &every-service\n${indented(yaml(everyService))}`,
    sectionOf(
      'services',
      'A service for each role: one task, on the node that is labelled for it.',
      [
        ...services.map((service) => ({
          key: service.plan.name,
          comment: reachText(service.plan),
          value: serviceOf(service, stack),
          like: 'every-service',
        })),
      ],
    ),
    sectionOf(
      'networks',
      'A network for each edge: its two ends are on it, and nobody else.',
      bridges.map((bridge) => ({
        key: networkName(stack, bridge.bridge),
        comment: bridgeText(bridge),
        value: networkOf(bridge, stack),
      })),
    ),
    sectionOf('volumes', 'What a service keeps, on its node.', volumesOf(services)),
    sectionOf('configs', 'What each service is told; no secret is in here.', configsOf(stack)),
    sectionOf('secrets', 'Made by you, each in the tasks of those who hold it alone.', [
      ...secretsIn(stack).map((key) => ({
        key,
        value: { external: true, name: secretName(stack, key) },
      })),
    ]),
  ].join('\n');
}

function headOf({ encrypted }: SwarmStack): string {
  const between = encrypted
    ? '# What goes between nodes is encrypted: a node whose kernel has no ESP lets nothing through.\n'
    : '# NOT ENCRYPTED: whoever is between the nodes reads what goes between them, prompts and keys.\n';
  return `# Written by clincher from its configuration: change that, not this.\n${between}`;
}

function networkOf({ bridge, kind, subnet }: BridgeEnd, stack: SwarmStack): object {
  const name = networkName(stack, bridge);
  if (kind !== 'edge') return { external: true, name };
  return {
    name,
    driver: 'overlay',
    internal: true,
    ...(stack.encrypted ? { driver_opts: { encrypted: '' } } : {}),
    ipam: { config: [{ subnet }] },
  };
}

function volumesOf(services: readonly SwarmService[]): readonly Entry[] {
  return services.flatMap(({ plan }) => (plan.state ? [{ key: plan.name, value: {} }] : []));
}

function configsOf(stack: SwarmStack): readonly Entry[] {
  return stack.services.flatMap(({ plan, told }) =>
    configsIn(plan).map((config) => ({
      key: config.source,
      value: { name: configName(stack, config), file: `${told}/${config.file}` },
    })),
  );
}

function reachText({ name, bridges = [], reaches = [] }: ServicePlan): string {
  const calls = reaches.map(({ peer, edge }) => `${peer}${edge.slice(edge.lastIndexOf('.'))}`);
  const lines = [`${name} calls ${calls.length === 0 ? 'nobody' : calls.join(', ')}.`];
  for (const { kind } of localNetworks(bridges)) {
    const open = 'It listens on every address of its node: Swarm publishes at no chosen one.';
    lines.push(kind === 'door' ? open : 'It alone has a way out.');
  }
  return lines.join('\n');
}

function bridgeText({ bridge, kind, purpose }: BridgeEnd): string {
  const [from, to] = bridge.slice(bridge.indexOf('.') + 1).split('--');
  if (kind === 'edge') return `${from} -> ${to}: ${purpose}`;
  const here = 'Made by each node itself, from its own recipe:';
  return kind === 'door'
    ? `world -> ${from}: ${purpose}.\n${here} what leaves here finds no way back.`
    : `${from} -> internet: ${purpose}.\n${here} an overlay that leads out would do so for all.`;
}

function sectionOf(name: string, comment: string, entries: readonly Entry[]): string {
  if (entries.length === 0) return '';
  return `${commented(comment)}${name}:\n${entries.map((entry) => indented(entryOf(entry))).join(spaced(entries))}`;
}

/** A line between those that say something of themselves. */
function spaced([first]: readonly Entry[]): string {
  return first?.comment === undefined ? '' : '\n';
}

function entryOf({ key, comment, value, like }: Entry): string {
  const head = comment === undefined ? '' : commented(comment);
  if (like === undefined) return `${head}${yaml({ [key]: value })}`;
  return `${head}${key}:\n  <<: *${like}\n${indented(yaml(value))}`;
}

/** No line of a text that somebody else wrote ends the comment it is in. */
function commented(text: string): string {
  return text
    .split(/[\r\n\u0085\u2028\u2029]+/)
    .map((line) => `# ${line}\n`)
    .join('');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function yaml(value: object): string {
  return stringify(value, {
    ...{ version: '1.1', lineWidth: 100, singleQuote: true, aliasDuplicateObjects: false },
  });
}
