// Where things are on this machine: our program, Node, the agent. What a plan and a driver are
// told.

import { join } from 'node:path';
import { hostPaths } from '../host/host-paths.ts';
import { findProgram } from '../host/programs.ts';
import type { Machine } from '../plan/machine.ts';
import { inside } from '../plan/paths.ts';
import type { DriverName } from '../topology/model.ts';
import { ingressProgramPaths } from '../topology/own-images.ts';
import { readEnvironment } from './env.ts';
import { npmPackageRoot } from './install/npm-package.ts';
import { onnxRuntime } from './install/onnx-runtime.ts';
import { openclawPackage } from './install/openclaw.ts';

export function cacheDir(): string {
  return join(readEnvironment().program, '.cache');
}

/** A user that no machine has: containers do not run as root, nor as whoever is user 1000 here. */
export const nobody = { uid: 65_532, gid: 65_532 };

export function thisMachine(
  agentVersion: string,
  stateDir: string,
  driver: DriverName = 'embedded',
): Machine {
  const { uid, gid } = readEnvironment();
  const isRootOfContainers = driver !== 'embedded' && uid === 0;
  return {
    agentRoot: npmPackageRoot(cacheDir(), openclawPackage(agentVersion)),
    onnxRoot: npmPackageRoot(cacheDir(), onnxRuntime),
    ingressPrograms: ingressProgramsHere(),
    agentState: hostPaths(stateDir).state('gateway'),
    user: isRootOfContainers ? nobody : { uid, gid },
  };
}

export function ingressProgramsHere(): Machine['ingressPrograms'] {
  return {
    caddy: findProgram('caddy') ?? ingressProgramPaths.caddy,
    nginx: findProgram('nginx') ?? ingressProgramPaths.nginx,
  };
}

/** What starts a role inside its jail. */
export function serveArgv(role: string): readonly string[] {
  const entry = `${inside.program}/src/cli/serve.ts`;
  return [inside.node, entry, role, '--settings', inside.settings];
}

/** The same in a container, whose image holds our program as JavaScript. */
export const containerArgv = {
  serveArgv: (role: string): readonly string[] => [
    inside.node,
    `${inside.program}/src/cli/serve.js`,
    ...[role, '--settings', inside.settings],
  ],
  healthArgv: [inside.node, `${inside.program}/src/cli/health.js`],
} as const;
