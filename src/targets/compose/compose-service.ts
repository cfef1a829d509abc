// One service of a Compose file, and what the file declares for it: settings, secrets, sockets.

import { assert } from '../../kit/assert.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { inside, supervisorName } from '../../plan/paths.ts';
import { environmentOf, mebibyte, withHeapLimit } from '../in-container.ts';
import {
  type ComposeService,
  type ComposeStack,
  holdsSecret,
  labels,
  noNamesFile,
} from './model.ts';

export function serviceOf(service: ComposeService, { engine, services }: ComposeStack): object {
  const { plan } = service;
  const { container, limits } = plan;
  assert(container !== undefined, `${plan.name} is planned for a jail, not for a container`);
  const { uid, gid } = container.user;
  return {
    image: container.image,
    ...startOf(service, container.program),
    hostname: plan.name,
    user: `${uid}:${gid}`,
    ...(container.groups.length === 0 ? {} : { group_add: container.groups.map(String) }),
    // The agent starts programs and leaves some behind: someone has to reap them.
    ...(plan.role === 'relay' || container.program !== undefined ? { init: true } : {}),
    ...networksOf(plan),
    // Names are looked up by egress alone: whoever else asks the engine's own resolver asks nobody.
    ...(plan.network === 'none' ? noResolver : {}),
    ...(container.program === undefined ? {} : namesOf(plan)),
    ...portsOf(plan),
    mem_limit: `${limits.memoryBytesMax / mebibyte}m`,
    memswap_limit: `${limits.memoryBytesMax / mebibyte}m`,
    cpus: limits.cpusMax,
    pids_limit: limits.processesMax,
    ulimits: { nofile: limits.filesMax, core: 0 },
    environment: environmentOf(plan),
    working_dir: plan.state ? inside.state : '/tmp',
    tmpfs: memoryFolders(plan, `uid=${uid},gid=${gid}`),
    ...volumesIn(service),
    configs: [
      ...(container.program === undefined
        ? [{ source: settingsName(plan), target: inside.settings }]
        : []),
      ...fileNames(plan, false).map(([source, target]) => ({ source, target })),
      ...(plan.network === 'none' ? [{ source: noNamesName, target: '/etc/nsswitch.conf' }] : []),
    ],
    ...secretsIn(service),
    ...healthcheckOf(service, engine.startInterval),
    ...dependsOn(plan, services),
    labels: {
      [labels.service]: plan.name,
      [labels.hash]: plan.hash,
      [labels.told]: service.told,
    },
  };
}

function startOf({ argv, plan }: ComposeService, program: readonly string[] | undefined): object {
  if (program === undefined) return { entrypoint: withHeapLimit(argv, plan.limits.memoryBytesMax) };
  return program.length === 0 ? {} : { entrypoint: program };
}

/** Who is told no addresses finds its callees by their names. */
function namesOf({ reaches = [] }: ServicePlan): object {
  const hosts = reaches.map(({ peer, address }) => [peer, address.split(':')[1] ?? '']);
  return hosts.length === 0 ? {} : { extra_hosts: Object.fromEntries(hosts) };
}

const noResolver = { dns: ['127.0.0.1'], dns_opt: ['timeout:1', 'attempts:1'] };

function networksOf({ bridges = [] }: ServicePlan): object {
  if (bridges.length === 0) return { network_mode: 'none' };
  return {
    networks: Object.fromEntries(
      bridges.map(({ bridge, address }) => [bridge, { ipv4_address: address }]),
    ),
  };
}

/** At the chosen address alone, to the port that it listens at behind it. */
function portsOf({ inherits, answers = [], bridges = [] }: ServicePlan): object {
  const door = bridges.find(({ kind }) => kind === 'door');
  if (inherits.length === 0 || door === undefined) return {};
  // Where a network is shared, others call there too: the ways in from the world are the last.
  const behind = answers
    .filter(({ address }) => address.startsWith(`tcp:${door.address}:`))
    .slice(-inherits.length);
  assert(behind.length === inherits.length, 'who has a door listens behind it');
  const published = inherits.map(({ host, port }, nth) => {
    const at = host.includes(':') ? `[${host}]` : host;
    const address = behind[nth]?.address ?? '';
    return `${at}:${port}:${address.slice(address.lastIndexOf(':') + 1)}`;
  });
  return { ports: published };
}

function memoryFolders(plan: ServicePlan, owner: string): readonly string[] {
  const temporary = plan.role === 'relay' ? '512m' : '16m';
  const admin = plan.listens.find(({ peer }) => peer === supervisorName);
  return [
    `/tmp:size=${temporary},mode=1777`,
    ...(admin === undefined ? [] : [`${admin.folder}:size=64k,mode=0700,${owner}`]),
  ];
}

function volumesIn({ plan, told, state, folders }: ComposeService): object {
  const bind = (source: string, target: string, readOnly: boolean) => ({
    type: 'bind',
    source,
    target,
    ...(readOnly ? { read_only: true } : {}),
    // A folder that is missing is a fault; Docker would make one of root's.
    bind: { create_host_path: false },
  });
  const socket = (edge: string, target: string, readOnly: boolean) => ({
    type: 'volume',
    source: edge,
    target,
    ...(readOnly ? { read_only: true } : {}),
  });
  const volumes = [
    ...plan.listens
      .filter(({ peer }) => peer !== supervisorName)
      .map(({ edge, folder }) => socket(edge, folder, false)),
    ...plan.dials.map(({ edge, folder }) => socket(edge, folder, true)),
    ...plan.mounts.map(({ source, target, readOnly }) => bind(source, target, readOnly)),
    ...(plan.live === undefined ? [] : [bind(`${told}/live`, inside.live, true)]),
    ...(state === null ? [] : [bind(state, inside.state, false)]),
    ...folders.map(({ source, at, readOnly }) => bind(source, at, readOnly)),
  ];
  return volumes.length === 0 ? {} : { volumes };
}

/** Memory that both ends of an edge see; who calls cannot put another socket in its place. */
export function volumesOf({ services }: ComposeStack): Readonly<Record<string, object>> {
  const edges = services.flatMap(({ plan }) => {
    const { uid, gid } = plan.container?.user ?? { uid: 0, gid: 0 };
    const o = `size=64k,mode=0700,uid=${uid},gid=${gid}`;
    const driver_opts = { type: 'tmpfs', device: 'tmpfs', o };
    const own = plan.listens.filter(({ peer }) => peer !== supervisorName);
    // Either end may be there first.
    return [...own, ...plan.dials].map(({ edge }) => [edge, { driver_opts }] as const);
  });
  return Object.fromEntries(edges.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const noNamesName = 'no-names';

export function configsOf({ services }: ComposeStack): Readonly<Record<string, object>> {
  const own = services.flatMap(({ plan, told }) => [
    ...(plan.container?.program === undefined
      ? [[settingsName(plan), { file: `${told}/settings.json` }] as const]
      : []),
    ...fileNames(plan, false).map(
      ([name, , index]) => [name, { file: `${told}/files/${index}` }] as const,
    ),
  ]);
  const names = services.some(({ plan }) => plan.network === 'none')
    ? [[noNamesName, { file: `./${noNamesFile}` }] as const]
    : [];
  return Object.fromEntries([...own, ...names]);
}

export function secretsOf({ services }: ComposeStack): Readonly<Record<string, object>> {
  return Object.fromEntries(
    services.flatMap(({ plan, told, secrets }) => [
      ...secrets.map((name) => [`${plan.name}-${name}`, { file: `${told}/secrets/${name}` }]),
      ...fileNames(plan, true).map(([name, , index]) => [name, { file: `${told}/files/${index}` }]),
    ]),
  );
}

function secretsIn({ plan, secrets }: ComposeService): object {
  const all = [
    ...secrets.map((name) => ({
      source: `${plan.name}-${name}`,
      target: `${inside.secrets}/${name}`,
    })),
    ...fileNames(plan, true).map(([source, target]) => ({ source, target })),
  ];
  return all.length === 0 ? {} : { secrets: all };
}

function settingsName({ name }: ServicePlan): string {
  return `${name}-settings`;
}

/** Of rendered files: the name here, the path inside, the number in its folder. */
function fileNames(plan: ServicePlan, secret: boolean): readonly [string, string, number][] {
  return plan.files.flatMap(({ path, content }, index): [string, string, number][] =>
    holdsSecret(content) === secret ? [[`${plan.name}-file-${index}`, path, index]] : [],
  );
}

/**
 * Asks the service itself, over its own socket: there is no shell to do it with. Null for a program
 * that is not ours: its image may have a check of its own.
 */
export function healthArgv({
  plan,
  health,
}: Pick<ComposeService, 'plan' | 'health'>): readonly string[] | null {
  if (plan.container?.program !== undefined) return null;
  const admin = plan.listens.find(({ peer }) => peer === supervisorName);
  assert(admin !== undefined, `${plan.name} has no admin socket for the driver`);
  return [...health, `${admin.folder}/sock`];
}

function healthcheckOf(service: ComposeService, startInterval: boolean): object {
  const argv = healthArgv(service);
  if (argv === null) return {};
  const healthcheck = {
    test: ['CMD', ...argv],
    interval: '15s',
    timeout: '10s',
    retries: 3,
    start_period: `${Math.ceil(service.plan.readyTimeoutMs / 1_000)}s`,
    ...(startInterval ? { start_interval: '1s' } : {}),
  };
  return { healthcheck };
}

function dependsOn({ after }: ServicePlan, services: readonly ComposeService[]): object {
  const found = services.filter(({ plan }) => after.includes(plan.name));
  const depends_on = Object.fromEntries(
    found.map((service) => {
      const condition = healthArgv(service) === null ? 'service_started' : 'service_healthy';
      return [service.plan.name, { condition }];
    }),
  );
  return after.length === 0 ? {} : { depends_on };
}
