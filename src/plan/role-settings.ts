// The settings file of each role: what the topology decided, plus the addresses that the plan gives
// it.

import { assert } from '../kit/assert.ts';
import { redisDial, webhookDial } from '../roles/llm/settings.ts';
import { metricsSettings } from '../roles/metrics/settings.ts';
import { relaySettings } from '../roles/relay/settings.ts';
import { caFileTarget } from '../topology/app-host.ts';
import type { Run, Service, Topology } from '../topology/model.ts';
import { monitoringPaths } from '../topology/monitor-host.ts';
import { dockerSocketTarget, jailMaker } from '../topology/sandbox.ts';
import {
  metricsToken,
  sandboxAuthorizedKey,
  sandboxHostKey,
  tlsCert,
  tlsKey,
} from '../topology/secrets.ts';
import { dockerRulesOf } from './docker-template.ts';
import { relaySettingsOf } from './gateway-plan.ts';
import type { Machine } from './machine.ts';
import { dialFolder, inside, listenFolder, socketIn, supervisorName } from './paths.ts';
import type { Sockets } from './sockets.ts';

export type Settings = Readonly<Record<string, unknown>>;
type Of<R extends Run['role']> = Extract<Run, { role: R }>;

/** Accepted by the role's own schema, whatever the options: a test holds the two together. */
export function settingsOf(
  topology: Topology,
  service: Service,
  sockets: Sockets,
  machine: Machine,
): Settings {
  const common = { service: service.name, admin: adminOf(sockets) };
  const { run } = service;
  switch (run.role) {
    case 'ingress':
      return { ...common, ...ingress(run, topology, sockets) };
    case 'gateway':
      return relaySettings.parse({ ...common, ...relaySettingsOf(sockets) });
    case 'docker-proxy':
      return {
        ...common,
        listen: listeners(sockets, 'api'),
        docker: `unix:${dockerSocketTarget}`,
        ...dockerRulesOf(run, machine),
      };
    case 'sandbox':
      return {
        ...common,
        listen: listeners(sockets, 'ssh'),
        jails: socketIn(dialFolder(jailMaker, 'api')),
        hostKeyFile: `${inside.secrets}/${sandboxHostKey}`,
        clientKeyFile: `${inside.secrets}/${sandboxAuthorizedKey}`,
        ...run.rules,
      };
    case 'llm':
      return { ...common, ...llm(run, sockets) };
    case 'egress':
      return { ...common, listen: listeners(sockets, 'proxy'), ...run.rules };
    case 'metrics':
      return metricsSettings.parse({ ...common, ...metrics(sockets) });
    case 'demo':
      return { ...common, listen: listeners(sockets, 'api') };
    case 'program':
      assert(false, `no settings for a program: ${service.name}`);
  }
}

/** One admin socket per reader: the driver for readiness, metrics for its page. */
function adminOf({ edgesIn }: Sockets): readonly string[] {
  const readers = edgesIn.filter(({ port }) => port === 'admin').map(({ from }) => from);
  return [supervisorName, ...readers].map((reader) => socketIn(listenFolder(reader, 'admin')));
}

/** A listener per caller: who calls is told by the socket it arrives on. */
function listeners({ edgesIn }: Sockets, port: string) {
  return edgesIn
    .filter((edge) => edge.port === port)
    .map(({ from }) => ({ address: socketIn(listenFolder(from, port)), caller: from }));
}

function ingress(run: Of<'ingress'>, topology: Topology, sockets: Sockets): Settings {
  const outside = topology.externals
    .filter(({ kind }) => kind === 'client')
    .map(({ name }) => name);
  const world = topology.edges.find(({ from, to }) => to === 'ingress' && outside.includes(from));
  const to = (service: string) => socketIn(dialFolder(service, 'http'));
  return {
    listen: [{ address: 'fd:3', caller: world?.from ?? 'world' }, ...listeners(sockets, 'https')],
    ...run.rules,
    tls: { certFile: `${inside.secrets}/${tlsCert}`, keyFile: `${inside.secrets}/${tlsKey}` },
    routes: [
      { prefix: '/', service: 'gateway', to: to('gateway') },
      {
        prefix: monitoringPaths.metrics,
        service: 'metrics',
        to: to('metrics'),
        bearerFile: `${inside.secrets}/${metricsToken}`,
      },
    ],
  };
}

function llm(run: Of<'llm'>, sockets: Sockets): Settings {
  const services = new Set(
    sockets.edgesOut.filter(({ port }) => port === 'api').map(({ to }) => to),
  );
  const egress = { egress: socketIn(dialFolder('egress', 'proxy')) };
  const dial = run.rules.providers.map(({ name, baseUrl }) => {
    const host = new URL(baseUrl).hostname;
    return services.has(host)
      ? [name, { direct: socketIn(dialFolder(host, 'api')) }]
      : [name, egress];
  });
  const alarms = run.rules.alarms.webhook === null ? {} : { [webhookDial]: egress };
  const redis = sockets.edgesOut.find(({ port }) => port === 'redis');
  const shared =
    run.rules.redis === null
      ? {}
      : {
          [redisDial]:
            redis?.to === new URL(run.rules.redis.url).hostname
              ? { direct: socketIn(dialFolder(redis.to, 'redis')) }
              : egress,
        };
  const caFiles = Object.keys(run.caFiles).map((name) => [name, caFileTarget(name)]);
  return {
    listen: listeners(sockets, 'api'),
    ...run.rules,
    dial: { ...Object.fromEntries(dial), ...alarms, ...shared },
    caFiles: Object.fromEntries(caFiles),
    metricsFor: [],
    secretsDir: inside.secrets,
    stateDir: inside.state,
  };
}

function metrics(sockets: Sockets): Settings {
  const all = sockets.edgesOut.filter(({ port }) => port === 'admin').map(({ to }) => to);
  // Whoever is read first says what a metric is. The agent shares the gateway's admin socket, and
  // must not be able to take the others' metrics away by calling them something else.
  const targets = [
    ...all.filter((to) => to !== 'gateway'),
    ...all.filter((to) => to === 'gateway'),
  ];
  return {
    listen: listeners(sockets, 'http'),
    targets: targets.map((service) => ({
      service,
      admin: socketIn(dialFolder(service, 'admin')),
    })),
  };
}
