// Puts a supervised service together from an order: its folders, log, control group and jail.

import { mkdirSync } from 'node:fs';
import type { HostPaths } from '../../host/host-paths.ts';
import { makeKeptFolder } from '../../host/kept-folders.ts';
import { openLogFile } from '../../host/log-file.ts';
import { assert } from '../../kit/assert.ts';
import { openCgroup } from './cgroup.ts';
import type { CgroupHome } from './cgroup-home.ts';
import { type Jail, startJail } from './jail.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { StartOrder } from './messages.ts';
import type { RestartRules } from './restart.ts';
import { adminEdgeOf, SupervisedService } from './service.ts';
import { SessionJails, type SessionJailsParts } from './session-jails.ts';
import { jailSpec } from './steps.ts';

export interface ServiceTuning {
  readonly restart: RestartRules;
  readonly stopGraceMs: number;
  /** Whether compiled code is kept for the next start. */
  readonly warm: boolean;
}

export function buildService(
  order: StartOrder,
  paths: HostPaths,
  machine: MachineFacts,
  cgroups: CgroupHome,
  tuning: ServiceTuning,
): SupervisedService {
  const { service: plan, bundle, serveArgv, installation } = order;
  const adminEdge = adminEdgeOf(plan);
  assert(adminEdge !== null, `${plan.name} has no admin socket for the supervisor`);
  const log = openLogFile(paths.log(plan.name));
  let oomKills = 0;
  const sessions = sessionsOf(order, paths, machine, cgroups, log.take);
  const launch = async (): Promise<Jail> => {
    makeFolders(order, paths);
    await sessions?.open();
    const group = openCgroup(cgroups, plan.name, plan.limits);
    oomKills = 0;
    const spec = jailSpec(
      plan,
      paths.bundle(plan.name, bundle),
      serveArgv,
      installation,
      paths,
      machine,
      { folder: paths.codeCache, writable: false },
    );
    const { inherits, limits } = plan;
    const { mechanism } = cgroups;
    const jailOrder = { spec, inherits, limits, mechanism, cgroup: group, onOutput: log.take };
    try {
      const jail = await startJail(jailOrder);
      jail.ended.then(() => {
        oomKills = group.oomKills();
        group.remove();
        void sessions?.endAll();
      });
      return jail;
    } catch (error) {
      group.remove();
      throw error;
    }
  };
  const explainEnd = () => {
    if (oomKills === 0) return null;
    const mebibytes = Math.round(plan.limits.memoryBytesMax / 1024 ** 2);
    return `the kernel ended it for using more than its ${mebibytes} MiB of memory`;
  };
  return new SupervisedService({
    plan,
    log,
    launch,
    explainEnd,
    release: async () => sessions?.[Symbol.asyncDispose](),
    adminFolder: paths.edge(adminEdge),
    restart: tuning.restart,
    stopGraceMs: tuning.stopGraceMs,
  });
}

function sessionsOf(
  { service }: StartOrder,
  paths: HostPaths,
  machine: MachineFacts,
  cgroups: CgroupHome,
  onOutput: SessionJailsParts['onOutput'],
): SessionJails | null {
  const { name, jails } = service;
  if (jails === undefined) return null;
  return new SessionJails({ service: name, plan: jails, paths, machine, cgroups, onOutput });
}

function makeFolders({ service }: StartOrder, paths: HostPaths): void {
  // The callee's folder is made here too when the caller starts first: it is the same one either
  // way.
  for (const { edge } of [...service.listens, ...service.dials]) {
    mkdirSync(paths.edge(edge), { recursive: true, mode: 0o700 });
  }
  if (service.state) mkdirSync(paths.state(service.name), { recursive: true, mode: 0o700 });
  for (const folder of service.folders ?? []) makeKeptFolder(folder, paths);
}
