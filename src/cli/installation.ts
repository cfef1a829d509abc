// Where things are on this machine: our program, Node, the agent. What a plan and a driver are
// told.

import { join } from 'node:path';
import { hostPaths } from '../host/host-paths.ts';
import type { Machine } from '../plan/machine.ts';
import { inside } from '../plan/paths.ts';
import { readEnvironment } from './env.ts';

export function cacheDir(): string {
  return join(readEnvironment().program, '.cache');
}

export function thisMachine(agentVersion: string, stateDir: string): Machine {
  const { uid, gid } = readEnvironment();
  return {
    agentRoot: agentRootOf(agentVersion),
    agentState: hostPaths(stateDir).state('gateway'),
    user: { uid, gid },
  };
}

/** The folder that an installation of the agent is in: holds node_modules/openclaw. */
function agentRootOf(version: string): string {
  return join(cacheDir(), `openclaw-${version}`);
}

/** What starts a role inside its jail. */
export function serveArgv(role: string): readonly string[] {
  const entry = `${inside.program}/src/cli/serve.ts`;
  return [inside.node, entry, role, '--settings', inside.settings];
}
