// The real stack for verification's tests: embedded driver, real roles, every service but the agent
// itself, in whose place a small program answers. Run it in a network of its own (netns.ts) with
// canaries outside.

import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeLocalCertificate } from '../cli/certificate.ts';
import { serveArgv, thisMachine } from '../cli/installation.ts';
import { makeSshKeys } from '../cli/secrets/ssh-keys.ts';
import type { Driver } from '../drivers/driver.ts';
import { Secret } from '../kit/secret.ts';
import type { Machine } from '../plan/machine.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { ServicePlan } from '../plan/model.ts';
import { markOf } from '../policy/llm-secret-mark.ts';
import type { Topology } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { secretMarks } from '../topology/secrets.ts';
import { standardTopology } from '../topology/standard.ts';
import type { Report } from '../verify/model.ts';
import { plant, type StackCopy, withStandIn } from '../verify/selftest/stack-copy.ts';
import { verify } from '../verify/verify.ts';
import { openEmbeddedWorld } from './embedded-world.ts';
import { dockerSandbox, exampleOptions } from './example-options.ts';
import { ingressProgramFiles } from './ingress-programs.ts';
import { tempDir } from './temp-dir.ts';

export const stackProviderHost = 'provider.test';
const providerAddress = '198.51.100.1';

export interface VerifiedStack extends StackCopy, AsyncDisposable {
  plant(service: string, change: (plan: ServicePlan) => Partial<ServicePlan>): Promise<void>;
  verify(): Promise<Report>;
}

/** Where a stack runs, and what it is planned for there. */
export interface StackPlace {
  readonly options: Partial<StackOptions>;
  readonly machine: Partial<Machine>;
  readonly world: {
    readonly driver: Driver;
    readonly stateDir: string;
    close(): Promise<void>;
  };
}

export type OpenPlace = (secrets: (name: string) => Promise<Secret | null>) => Promise<StackPlace>;

export function inJails(options: StackPlace['options'] = {}): OpenPlace {
  return async (secrets) => ({
    options,
    // Whoever runs the tests: with a Docker socket, a stack of root's is refused.
    machine: { user: { uid: 1_000, gid: 1_000 }, ingressPrograms: ingressProgramFiles },
    world: await openEmbeddedWorld({ serveArgv, secrets, stopGraceMs: 1_000 }),
  });
}

export async function bringUpVerified(open: OpenPlace = inJails()): Promise<VerifiedStack> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(tempDir()).path;
  for (const name of ['planted', 'agent']) mkdirSync(join(folder, name));
  const docker = createServer((socket) => socket.destroy()).listen(join(folder, 'docker.sock'));
  await once(docker, 'listening');
  opened.defer(() => new Promise((resolve) => docker.close(() => resolve())));
  chmodSync(join(folder, 'docker.sock'), 0o666);
  const secrets = new Map<string, Secret>();
  const place = await open(async (name) => secrets.get(name) ?? null);
  const { driver, stateDir } = place.world;
  opened.defer(() => place.world.close());
  const topology = topologyOf(join(folder, 'docker.sock'), place.options);
  for (const [name, value] of await secretsOf(topology)) secrets.set(name, value);
  const own = { agentRoot: join(folder, 'agent'), ...place.machine };
  const machine = { ...thisMachine('0', stateDir), ...own };
  const plan = withStandIn(makePlan(topology, machine));
  await driver.preflight(plan);
  for (const service of plan.services) await driver.apply({ kind: 'start', service });
  const kept = opened.move();
  const copy = { topology, plan, driver, folder, stateDir, secrets };
  return {
    ...copy,
    plant: (name, change) => plant(copy, name, change),
    verify: () => verify(topology, plan, driver, { secrets, forbiddenPaths: [stateDir] }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function topologyOf(dockerSocket: string, change: Partial<StackOptions>): Topology {
  const options = exampleOptions(change);
  const [provider] = options.providers;
  return standardTopology({
    ...options,
    providers: provider ? [{ ...provider, baseUrl: `https://${stackProviderHost}` }] : [],
    egress: { ...options.egress, resolve: { [stackProviderHost]: [providerAddress] } },
    sandbox: change.sandbox ?? dockerSandbox(dockerSocket),
  });
}

async function secretsOf(topology: Topology): Promise<ReadonlyMap<string, Secret>> {
  const { certPem, keyPem } = await makeLocalCertificate([], Date.now());
  const monitor = await makeLocalCertificate([], Date.now());
  const made: Readonly<Record<string, string>> = {
    'ingress-tls-cert': certPem,
    'ingress-tls-key': keyPem,
    'monitor-tls-cert': monitor.certPem,
    'monitor-tls-key': monitor.keyPem,
    'monitor-client-ca': monitor.caPem,
    'secret-marks': '[]',
    ...Object.fromEntries([...makeSshKeys()].map(([name, key]) => [name, key.reveal()])),
  };
  const values = new Map(
    topology.secrets.map(({ name }) => [
      name,
      made[name] ?? `value-of-${name}-0123456789-0123456789`,
    ]),
  );
  const marks = [...values].flatMap(([name, value]) => markOf(name, value, false) ?? []);
  values.set(secretMarks, JSON.stringify(marks));
  return new Map([...values].map(([name, value]) => [name, new Secret(value)]));
}
