// Where things are on this machine: our program, Node, the agent. What a plan and a driver are
// told.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../plan/machine.ts';
import { inside } from '../plan/paths.ts';
import { readEnvironment } from './env.ts';
import { compiledDir } from './install/warm.ts';

export function cacheDir(): string {
  return join(readEnvironment().program, '.cache');
}

/** The folder that an installation of the agent is in: holds node_modules/openclaw. */
export function agentRootOf(version: string): string {
  return join(cacheDir(), `openclaw-${version}`);
}

/** Null until the first `up` has made it: a folder that is not there cannot be mounted. */
export function compiledRoles(): string | null {
  const dir = compiledDir(cacheDir());
  return existsSync(dir) ? dir : null;
}

export function thisMachine(agentVersion: string): Machine {
  return { agentRoot: agentRootOf(agentVersion) };
}

/** What starts a role inside its jail. */
export function serveArgv(role: string): readonly string[] {
  const entry = `${inside.program}/src/cli/serve.ts`;
  return [inside.node, entry, role, '--settings', inside.settings];
}
