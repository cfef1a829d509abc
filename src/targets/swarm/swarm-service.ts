// One service of a stack of Swarm: the same bounds as in a Compose file, as far as Swarm has a word
// for them. What it has none for is not left out in silence: `serve` is told to make sure.

import { hash } from 'node:crypto';
import { basename } from 'node:path';
import { Scalar } from 'yaml';
import { assert } from '../../kit/assert.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { inside, supervisorName } from '../../plan/paths.ts';
import { environmentOf, mebibyte, withHeapLimit } from '../in-container.ts';
import { refuseWhatIsHere } from '../refuse-machine.ts';
import { isPlaced, networkName, placeLabel, type SwarmService, type SwarmStack } from './model.ts';
import { secretKey } from './secrets.ts';

export function serviceOf(service: SwarmService, stack: SwarmStack): object {
  const { plan, argv } = service;
  const { container, limits } = plan;
  assert(container !== undefined, `${plan.name} is planned for a jail, not for a container`);
  refuseWhatIsHere(plan, { where: 'in a swarm', what: 'a task' });
  const { uid, gid } = container.user;
  const [image] = container.imageIds;
  return {
    // By its id nobody is asked for it: a name would be looked up in a registry first.
    image,
    entrypoint: [...withHeapLimit(argv, limits.memoryBytesMax), ensured],
    hostname: plan.name,
    user: `${uid}:${gid}`,
    ...(plan.role === 'relay' ? { init: true } : {}),
    networks: networksOf(service, stack),
    // Names are looked up by egress alone: whoever else asks for one that is not here asks nobody.
    ...(plan.network === 'none' ? { dns: ['127.0.0.1'] } : {}),
    ...portsOf(plan),
    environment: environmentOf(plan),
    working_dir: plan.state ? inside.state : '/tmp',
    ulimits: { nofile: limits.filesMax, core: 0 },
    volumes: volumesIn(plan),
    configs: configsIn(plan).map(({ source, target }) => ({ source, target })),
    ...secretsOf(service, `${uid}`, `${gid}`),
    healthcheck: healthcheckOf(service),
    labels: { 'clincher.service': plan.name, 'clincher.hash': plan.hash },
    deploy: deployOf(service),
  };
}

/**
 * Stack files have no word for it, so it is the daemon that gives it or not (`no-new-privileges` in
 * its settings): who starts without it ends at once and says so.
 */
const ensured = '--no-new-privileges';

function networksOf({ plan, called }: SwarmService, stack: SwarmStack): object {
  const aliases = called === plan.name ? {} : { aliases: [called] };
  return Object.fromEntries(
    (plan.bridges ?? []).map((end) => [
      networkName(stack, end.bridge),
      end.kind === 'edge' && end.end === 'callee' ? aliases : {},
    ]),
  );
}

/** On the node itself: the mesh would put another address in the place of the caller's. */
function portsOf({ name, inherits, answers = [], bridges = [] }: ServicePlan): object {
  const door = bridges.find(({ kind }) => kind === 'door');
  if (inherits.length === 0 || door === undefined) return {};
  const chosen = inherits.find(({ host }) => host !== '0.0.0.0' && host !== '::');
  if (inherits.length > 1) {
    const message = `${name} listens without TLS for a CA, and in a swarm nobody lays what it asks for`;
    throw new ClincherError('usage', message, {
      fix: 'Take `plainListen` out, and bring a certificate that was made elsewhere.',
    });
  }
  if (chosen !== undefined) {
    const message = `Swarm publishes on every address of a node, and ${name} listens at ${chosen.host}`;
    throw new ClincherError('usage', message, {
      fix: 'Set its `listen` to 0.0.0.0 and the port: who comes there is for the firewall to say.',
    });
  }
  const behind = answers.findLast(({ address }) => address.startsWith(`tcp:${door.address}:`));
  assert(behind !== undefined, 'who has a door listens behind it');
  const target = Number(behind.address.slice(behind.address.lastIndexOf(':') + 1));
  const ports = inherits.map(({ port }) => ({
    ...{ target, published: port, protocol: 'tcp', mode: 'host' },
  }));
  return { ports };
}

function volumesIn(plan: ServicePlan): readonly object[] {
  const memory = (target: string, size: number) => ({ type: 'tmpfs', target, tmpfs: { size } });
  const folders = plan.folders ?? [];
  return [
    memory('/tmp', (plan.role === 'relay' ? 512 : 16) * mebibyte),
    memory(adminFolder(plan), mebibyte),
    ...folders.map(({ at }) => memory(at, mebibyte)),
    ...(plan.state ? [{ type: 'volume', source: plan.name, target: inside.state }] : []),
  ];
}

function adminFolder({ name, listens }: ServicePlan): string {
  const admin = listens.find(({ peer }) => peer === supervisorName);
  assert(admin !== undefined, `${name} has no admin socket`);
  return admin.folder;
}

export interface ConfigFile {
  /** Within the stack. */
  readonly source: string;
  /** Below the folder of what the service is told. */
  readonly file: string;
  readonly target: string;
  readonly content: string;
}

/** What a service is told, each a config of the swarm: all but the secrets. */
export function configsIn(plan: ServicePlan): readonly ConfigFile[] {
  const { name, settings, files, live = [] } = plan;
  const config = (what: string, file: string, target: string, content: string) => ({
    ...{ source: `${name}-${what}`, file, target, content },
  });
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  return [
    config('settings', 'settings.json', inside.settings, text),
    ...files.map(({ path, content }, index) =>
      config(`file-${index}`, `files/${index}`, path, content),
    ),
    ...live.map(({ path, content }, index) =>
      config(`live-${index}`, `live/${basename(path)}`, path, content),
    ),
  ];
}

/** A config never changes: other content is another one. */
export function configName({ name }: SwarmStack, { source, content }: ConfigFile): string {
  return `${name}_${source}_${hash('sha256', content).slice(0, 8)}`;
}

function secretsOf(service: SwarmService, uid: string, gid: string): object {
  const all = service.plan.secrets.map((secret) => ({
    ...{ source: secretKey(service, secret), target: `${inside.secrets}/${secret}` },
    ...{ uid, gid, mode: octal(0o400) },
  }));
  return all.length === 0 ? {} : { secrets: all };
}

function octal(value: number): Scalar<number> {
  return Object.assign(new Scalar(value), { format: 'OCT' });
}

/**
 * Swarm ends whoever is unhealthy, and gives nobody its address before it is healthy: so it asks
 * soon and often whether the role answers, and not whether it says that it is ready. A key that is
 * missing is no reason to end what else works, nor is a node that is busy for a minute.
 */
function healthcheckOf({ plan, health }: SwarmService): object {
  return {
    test: ['CMD', ...health, '--alive', `${adminFolder(plan)}/sock`],
    ...{ interval: '5s', timeout: '15s', retries: 12 },
    start_period: `${Math.ceil(plan.readyTimeoutMs / 1_000)}s`,
  };
}

function deployOf(service: SwarmService): object {
  const { plan } = service;
  const { cpusMax, memoryBytesMax, processesMax } = plan.limits;
  const memory = `${memoryBytesMax / mebibyte}m`;
  const here = `node.labels.${placeLabel(plan.name)} == here`;
  return {
    replicas: 1,
    // Without an address of its own in the kernel (IPVS): names lead to the tasks themselves.
    endpoint_mode: 'dnsrr',
    ...(isPlaced(service) ? { placement: { constraints: [here] } } : {}),
    resources: { limits: { cpus: `${cpusMax}`, memory, pids: processesMax } },
    // Never two at once of one that keeps something: they would write to the same ledger.
    update_config: { order: 'stop-first', failure_action: 'rollback', monitor: '30s' },
    rollback_config: { order: 'stop-first' },
    restart_policy: { condition: 'any', delay: '2s' },
  };
}
