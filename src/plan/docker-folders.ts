// The folders of the agent's that are in sandboxes too: the daemon takes them by their name on the
// host, so nobody may be able to put a link in the place of one.

import { posix } from 'node:path';
import type { Service, Topology } from '../topology/model.ts';
import { agentSandboxes, agentWorkspace } from '../topology/sandbox.ts';
import { stateFolder } from '../topology/templates.ts';
import type { Machine } from './machine.ts';
import type { KeptFolder, ServicePlan } from './model.ts';

/**
 * In the agent's jail each is a mount of its own, which the agent cannot move or replace. And
 * docker-proxy sees them, by their names on the host, to look for links in what it is asked to have
 * mounted.
 */
export function foldersOf(
  topology: Topology,
  { run: { role } }: Service,
  machine: Machine,
): Pick<ServicePlan, 'folders'> {
  const proxy = topology.services.map(({ run }) => run).find((run) => run.role === 'docker-proxy');
  if (proxy === undefined || (role !== 'gateway' && role !== 'docker-proxy')) return {};
  const shared = proxy.shape.binds.length > 0 ? [agentSandboxes, agentWorkspace] : [agentSandboxes];
  const folders = shared.map((path): KeptFolder => {
    const isOwn = role === 'gateway';
    const at = isOwn ? path : onHost(path, machine);
    return { of: 'gateway', name: posix.relative(stateFolder, path), at, readOnly: !isOwn };
  });
  return { folders };
}

/** A path in what the agent keeps, as a program outside its jail names it. */
export function onHost(path: string, machine: Machine): string {
  return posix.join(machine.agentState, posix.relative(stateFolder, path));
}
