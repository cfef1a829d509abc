// The settings file of each role: what the topology decided, plus the addresses that the plan gives
// it.

import { parseAddress } from '../kit/address.ts';
import type { IngressLive, IngressRules, IngressSettings } from '../roles/ingress/settings.ts';
import { redisDial, webhookDial } from '../roles/llm/settings.ts';
import { metricsSettings } from '../roles/metrics/settings.ts';
import { relaySettings } from '../roles/relay/settings.ts';
import { caFileTarget } from '../topology/app-host.ts';
import type { Run, Service, Topology } from '../topology/model.ts';
import { monitorDoor, monitoringPaths } from '../topology/monitor-host.ts';
import { doorSecrets } from '../topology/monitor-secrets.ts';
import { ingressProgramPaths } from '../topology/own-images.ts';
import { dockerSocketTarget, jailMaker } from '../topology/sandbox.ts';
import {
  metricsToken,
  pullCa,
  sandboxAuthorizedKey,
  sandboxHostKey,
  tlsCert,
  tlsKey,
} from '../topology/secrets.ts';
import { challengesKept } from './challenges-folder.ts';
import { dockerRulesOf } from './docker-template.ts';
import type { Ends } from './ends.ts';
import { factsKept } from './facts-folder.ts';
import { relaySettingsOf } from './gateway-plan.ts';
import type { Machine } from './machine.ts';
import { inside, supervisorName } from './paths.ts';

export type Settings = Readonly<Record<string, unknown>>;
type Of<R extends Run['role']> = Extract<Run, { role: R }>;

/** Accepted by the role's own schema, whatever the options: a test holds the two together. */
export function settingsOf(
  topology: Topology,
  service: Service,
  ends: Ends,
  machine: Machine,
): Settings {
  const common = { service: service.name, admin: adminOf(ends) };
  const { run } = service;
  switch (run.role) {
    case 'ingress':
      return { ...common, ...ingress({ name: service.name, run }, topology, ends, machine) };
    case 'gateway':
      return relaySettings.parse({ ...common, ...relaySettingsOf(ends, run.caFile !== undefined) });
    case 'docker-proxy':
      return {
        ...common,
        listen: listeners(ends, 'api'),
        docker: `unix:${dockerSocketTarget}`,
        ...dockerRulesOf(run, machine),
      };
    case 'sandbox':
      return {
        ...common,
        listen: listeners(ends, 'ssh'),
        jails: ends.dialAt(jailMaker, 'api'),
        hostKeyFile: `${inside.secrets}/${sandboxHostKey}`,
        clientKeyFile: `${inside.secrets}/${sandboxAuthorizedKey}`,
        ...run.rules,
      };
    case 'llm':
      return { ...common, ...llm(run, ends) };
    case 'egress':
      return { ...common, listen: listeners(ends, 'proxy'), ...run.rules };
    case 'metrics':
      return metricsSettings.parse({ ...common, ...metrics(ends) });
    case 'demo':
      return { ...common, listen: listeners(ends, 'api') };
    case 'program':
      // Not ours to tell anything.
      return {};
  }
}

/** One admin socket per reader: the driver for readiness, metrics for its page. */
function adminOf({ edgesIn, listenAt }: Ends): readonly string[] {
  const readers = edgesIn.filter(({ port }) => port === 'admin').map(({ from }) => from);
  return [supervisorName, ...readers].map((reader) => listenAt(reader, 'admin'));
}

/** A listener per caller: who calls is told by the socket it arrives on. */
function listeners({ edgesIn, listenAt }: Ends, port: string) {
  return edgesIn
    .filter((edge) => edge.port === port)
    .map(({ from }) => ({ address: listenAt(from, port), caller: from }));
}

function ingress(
  { name, run }: { readonly name: string; readonly run: Of<'ingress'> },
  topology: Topology,
  ends: Ends,
  machine: Machine,
): Settings {
  const secret = (file: string) => `${inside.secrets}/${file}`;
  const isDoor = name === monitorDoor;
  const { cert, key } = isDoor ? doorSecrets : { cert: tlsCert, key: tlsKey };
  const clientCa = isDoor ? doorSecrets.clientCa : pullCa;
  const metricsRoute = { prefix: monitoringPaths.metrics, service: 'metrics' };
  const to = (callee: string) => ends.dialAt(callee, 'http');
  const { origin, scriptHosts, limits } = run.rules;
  const caller = worldCaller(topology, name);
  const [door = '', plain] = ends.doors;
  return {
    listen: [{ address: door, caller }, ...listeners(ends, 'https')],
    ...(plain === undefined
      ? {}
      : { plain: { listen: [{ address: plain, caller }], challengesDir: challengesKept.at } }),
    origin,
    scriptHosts,
    limits,
    rulesFile,
    ...programOf(run, door, machine),
    tls: {
      certFile: secret(cert),
      keyFile: secret(key),
      ...(run.rules.front?.certificate ? { clientCaFile: secret(clientCa) } : {}),
    },
    routes: isDoor
      ? [{ ...metricsRoute, to: to('metrics') }]
      : [
          { prefix: '/', service: 'gateway', to: to('gateway') },
          { ...metricsRoute, to: to('metrics'), bearerFile: secret(metricsToken) },
        ],
  };
}

export const ingressProgramTarget = '/opt/ingress';

/** In a jail it is mounted, and inherits its socket; in a container it is in the image. */
function programOf(
  { program, listen: { host, port } }: Of<'ingress'>,
  door: string,
  { containers }: Machine,
): Pick<IngressSettings, 'program'> {
  if (program === undefined) return {};
  const { name } = program;
  if (containers !== undefined) return { program: { name, file: ingressProgramPaths[name] } };
  const bound = `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    program: {
      ...{ name, file: ingressProgramTarget },
      ...(parseAddress(door)?.kind === 'fd' ? { bound } : {}),
    },
  };
}

export const rulesFile = `${inside.live}/rules.json`;

/** What may change while the ingress runs. */
export function liveRulesOf({ front, rate }: IngressRules): IngressLive {
  return front === undefined ? { rate } : { front, rate };
}

/** Who comes in from outside of this host, by name. */
function worldCaller({ edges, services, externals }: Topology, name: string): string {
  const elsewhere = new Set([
    ...externals.filter(({ kind }) => kind === 'client').map((external) => external.name),
    ...services.filter(({ host }) => host === 'monitor').map((service) => service.name),
  ]);
  return edges.find(({ from, to }) => to === name && elsewhere.has(from))?.from ?? 'world';
}

function llm(run: Of<'llm'>, ends: Ends): Settings {
  const services = new Set(ends.edgesOut.filter(({ port }) => port === 'api').map(({ to }) => to));
  const egress = { egress: ends.dialAt('egress', 'proxy') };
  const dial = run.rules.providers.map(({ name, baseUrl }) => {
    const host = new URL(baseUrl).hostname;
    return services.has(host) ? [name, { direct: ends.dialAt(host, 'api') }] : [name, egress];
  });
  const alarms = run.rules.alarms.webhook === null ? {} : { [webhookDial]: egress };
  const redis = ends.edgesOut.find(({ port }) => port === 'redis');
  const shared =
    run.rules.redis === null
      ? {}
      : {
          [redisDial]:
            redis?.to === new URL(run.rules.redis.url).hostname
              ? { direct: ends.dialAt(redis.to, 'redis') }
              : egress,
        };
  const caFiles = Object.keys(run.caFiles).map((name) => [name, caFileTarget(name)]);
  return {
    listen: listeners(ends, 'api'),
    ...run.rules,
    dial: { ...Object.fromEntries(dial), ...alarms, ...shared },
    caFiles: Object.fromEntries(caFiles),
    metricsFor: [],
    secretsDir: inside.secrets,
    stateDir: inside.state,
  };
}

function metrics(ends: Ends): Settings {
  const all = ends.edgesOut.filter(({ port }) => port === 'admin').map(({ to }) => to);
  // Whoever is read first says what a metric is. The agent shares the gateway's admin socket, and
  // must not be able to take the others' metrics away by calling them something else.
  const targets = [
    ...all.filter((to) => to !== 'gateway'),
    ...all.filter((to) => to === 'gateway'),
  ];
  return {
    listen: listeners(ends, 'http'),
    factsDir: factsKept.at,
    targets: targets.map((service) => ({
      service,
      admin: ends.dialAt(service, 'admin'),
    })),
  };
}
