// Asks every running service what it is and has, and the host the same: the facts that targets are
// made from and that rights, mounts, sockets and secrets are judged by.

import { stat } from 'node:fs/promises';
import type { Inspection, ObservedService } from '../drivers/driver.ts';
import type { ServicePlan } from '../plan/model.ts';
import type { Service, Topology } from '../topology/model.ts';
import type { FilesResult } from './probes/files.ts';
import type { SecretsResult } from './probes/secrets.ts';
import type { SystemResult } from './probes/system.ts';

/** One service: what was declared, what was planned, what was found. */
export interface Surveyed {
  readonly name: string;
  readonly service: Service;
  readonly plan: ServicePlan;
  readonly system: SystemResult;
  readonly files: FilesResult;
  readonly secrets: SecretsResult;
  readonly inspection: Inspection;
}

/** A planned service that could not be asked, and why. */
export interface Unasked {
  readonly name: string;
  readonly service: Service;
  readonly state: ObservedService['state'] | 'absent';
  readonly why: string;
}

export interface HostFacts {
  readonly system: SystemResult;
  /** Nameservers of /etc/resolv.conf. */
  readonly resolvers: readonly string[];
  /** `device:inode` by host path, of every source that the plan mounts and of Docker's sockets. */
  readonly identities: ReadonlyMap<string, string>;
}

/**
 * Where a Docker daemon's socket may be on the host: its usual places, and where the plan has it
 * from.
 */
export function dockerSocketsOf(topology: Topology): string[] {
  const planned = topology.services.flatMap(({ run }) =>
    run.role === 'docker-proxy' ? [run.dockerSocket] : [],
  );
  return [...new Set(['/run/docker.sock', '/var/run/docker.sock', ...planned])];
}

/** What every service has of its own where the host has its own too. */
export const memoryFolders = [
  '/',
  '/dev',
  '/dev/pts',
  '/dev/shm',
  '/proc',
  '/run',
  '/tmp',
] as const;

/** What a jail has of the host's system, at the same place. */
export const systemFolders = [
  ...['/usr', '/usr/lib', '/usr/lib64', '/usr/share/ca-certificates'],
  ...['/etc/alternatives', '/etc/ssl/certs'],
] as const;

export async function identitiesOf(paths: readonly string[]): Promise<Map<string, string>> {
  const pairs = await Promise.all(
    [...new Set(paths)].map(async (path): Promise<[string, string]> => {
      const found = await stat(path).catch(() => null);
      return [path, found === null ? '' : `${found.dev}:${found.ino}`];
    }),
  );
  return new Map(pairs.filter(([, identity]) => identity !== ''));
}

export function parseResolvers(resolvConf: string): string[] {
  return resolvConf.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([0-9a-fA-F.:]+)/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

/** Whether its network leads out of the stack, by plan: the host's own, or a bridge that does. */
export function leadsOut(surveyed: Surveyed, host: HostFacts): boolean {
  const { network, bridges = [] } = surveyed.plan;
  if (bridges.length > 0) return bridges.some(({ kind }) => kind === 'door' || kind === 'way-out');
  return network === 'outside' && !hasOwnNetwork(surveyed, host);
}

/** Whether all networks that it is planned on are of edges: then nothing beyond them is near. */
export function isOnEdgesAlone({ plan }: Surveyed): boolean {
  const { bridges = [] } = plan;
  return bridges.length > 0 && bridges.every(({ kind }) => kind === 'edge');
}

/** Whether the service has a network namespace of its own: then its loopback is not the host's. */
export function hasOwnNetwork(surveyed: Surveyed, host: HostFacts): boolean {
  const own = surveyed.system.namespaces.net;
  return own !== undefined && own !== host.system.namespaces.net;
}
