// Where things are on this machine: our program, Node, the agent. What a plan and a driver are
// told.

import { join } from 'node:path';
import { hostPaths } from '../drivers/embedded/host-paths.ts';
import type { Machine } from '../plan/machine.ts';
import { inside } from '../plan/paths.ts';
import { readEnvironment } from './env.ts';
import { npmPackageRoot } from './install/npm-package.ts';
import { onnxRuntime } from './install/onnx-runtime.ts';
import { openclawPackage } from './install/openclaw.ts';

export function cacheDir(): string {
  return join(readEnvironment().program, '.cache');
}

export function thisMachine(agentVersion: string, stateDir: string): Machine {
  const { uid, gid } = readEnvironment();
  return {
    agentRoot: npmPackageRoot(cacheDir(), openclawPackage(agentVersion)),
    onnxRoot: npmPackageRoot(cacheDir(), onnxRuntime),
    agentState: hostPaths(stateDir).state('gateway'),
    user: { uid, gid },
  };
}

/** What starts a role inside its jail. */
export function serveArgv(role: string): readonly string[] {
  const entry = `${inside.program}/src/cli/serve.ts`;
  return [inside.node, entry, role, '--settings', inside.settings];
}
