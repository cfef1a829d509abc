// The embedded driver: bubblewrap jails on this machine, kept by one supervisor per state
// directory.

import { readlinkSync } from 'node:fs';
import { bundleName, type SecretSource, writeBundle } from '../../host/bundle.ts';
import { type HostPaths, hostPaths } from '../../host/host-paths.ts';
import { inspectProcesses } from '../../host/inspect.ts';
import { readLogs } from '../../host/read-logs.ts';
import type { RepeatOrder } from '../../host/repeater.ts';
import { runProbe } from '../../host/run-inside.ts';
import { ClincherError } from '../../kit/error.ts';
import type { Plan, ServicePlan, Step } from '../../plan/model.ts';
import type { Driver, Observed } from '../driver.ts';
import { askSupervisor } from './control-client.ts';
import { keepFilterProgram } from './filter-program.ts';
import type { Installation } from './installation.ts';
import { type JoinTarget, joinArgv, probeArgv } from './join.ts';
import type { ControlRequest, SupervisorView } from './messages.ts';
import { preflight } from './preflight.ts';
import { runOnTerminal } from './run-on-terminal.ts';

export interface EmbeddedOptions extends Installation {
  readonly stateDir: string;
  /**
   * What starts a role inside its jail: [inside.node, serve.ts, role, '--settings',
   * inside.settings].
   */
  readonly serveArgv: (role: string) => readonly string[];
  readonly secrets: SecretSource;
}

export interface EmbeddedDriver extends Driver {
  /** What the supervisor says of itself and its services; null when none runs. */
  supervisor(): Promise<SupervisorView | null>;
  /** What the supervisor runs again and again from now on; null: nothing. */
  repeat(order: RepeatOrder | null): Promise<void>;
  /** Takes everything down, the supervisor included. False when nothing ran. */
  shutdown(): Promise<boolean>;
}

/**
 * Talks to the supervisor that startSupervisor() started, from this or any other process of the
 * same user. Starting and stopping services without one throws `not-running`; reading without one
 * reads an empty world. preflight() also tells the driver which plan the following steps belong to:
 * observe() then shows its hash.
 */
export async function createEmbeddedDriver(options: EmbeddedOptions): Promise<EmbeddedDriver> {
  const paths = hostPaths(options.stateDir);
  let topologyHash: string | null = null;
  const view = async () => (await askSupervisor(paths.control, { ask: 'observe' }))?.view ?? null;
  const target = (service: string) => findJail(service, view, paths);
  return {
    name: 'embedded',
    preflight: (plan: Plan) => {
      topologyHash = plan.topologyHash;
      return preflight(plan, paths);
    },
    observe: async (): Promise<Observed> => {
      const seen = await view();
      return { topologyHash: seen?.topologyHash ?? null, services: seen?.services ?? [] };
    },
    apply: (step: Step) => applyStep(step, topologyHash, options, paths),
    probe: async (service, program, input, deadlineMs) =>
      runProbe(joinArgv(await target(service), probeArgv, false), service, {
        ...{ program, input, deadlineMs },
      }),
    exec: async (service, argv, env) => runOnTerminal(await target(service), argv, env),
    inspect: async (service) => inspectProcesses((await target(service)).pid, paths.state(service)),
    logs: (service, logOptions) => readLogs(paths, service, logOptions),
    supervisor: view,
    repeat: async (order) => {
      await askSupervisor(paths.control, { ask: 'repeat', order });
    },
    shutdown: async () => (await askSupervisor(paths.control, { ask: 'stop' })) !== null,
    [Symbol.asyncDispose]: async () => {},
  };
}

async function applyStep(
  step: Step,
  topologyHash: string | null,
  options: EmbeddedOptions,
  paths: HostPaths,
): Promise<void> {
  if (step.kind === 'stop') {
    await order(paths, { ask: 'stop-service', name: step.name, topologyHash });
    return;
  }
  const { service } = step;
  // Writing secrets for nobody would leave them behind.
  await order(paths, { ask: 'observe' });
  const bundle = bundleName(service);
  await writeBundle(service, paths.bundle(service.name, bundle), options.secrets);
  const { programRoot, nodePath } = options;
  await order(paths, {
    ask: 'start',
    again: step.kind === 'replace',
    topologyHash,
    order: {
      service: withoutContents(service),
      bundle,
      serveArgv: [...options.serveArgv(service.role)],
      installation: { programRoot, nodePath },
    },
  });
}

/** What the service is told is in its bundle; the supervisor needs only where it goes. */
function withoutContents(service: ServicePlan) {
  const plain = structuredClone(service) as Mutable<ServicePlan>;
  const empty = ({ path }: { readonly path: string }) => ({ path, content: '' });
  const live = plain.live === undefined ? {} : { live: plain.live.map(empty) };
  return { ...plain, settings: {}, files: plain.files.map(empty), ...live };
}

type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

async function order(paths: HostPaths, request: ControlRequest): Promise<void> {
  if ((await askSupervisor(paths.control, request)) !== null) return;
  throw new ClincherError('not-running', `no stack runs from ${paths.stateDir}`, {
    fix: 'Start it with "clincher up".',
  });
}

async function findJail(
  service: string,
  view: () => Promise<SupervisorView | null>,
  paths: HostPaths,
): Promise<JoinTarget> {
  const seen = await view();
  const pid = seen?.services.find((each) => each.name === service)?.pid ?? null;
  if (seen === null || pid === null) {
    throw new ClincherError('not-running', `${service} does not run`, {
      fix: 'See what does with "clincher status"; start the stack with "clincher up".',
    });
  }
  // Compared with our own and not with the supervisor's: verify may be called in another network.
  const isNetworkAnother = networkOf(pid) !== networkOf('self');
  const supervisorPid = process.getuid?.() === 0 ? null : seen.pid;
  return { pid, supervisorPid, isNetworkAnother, filter: keepFilterProgram(paths.joinFilter) };
}

function networkOf(process: number | 'self'): string {
  return readlinkSync(`/proc/${process}/ns/net`);
}
