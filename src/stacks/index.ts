// What is open in a stack that clincher did not make: the invariants of a Compose file, and holding
// it against all of them.

import { type Check, findAll } from '../check/check.ts';
import type { Finding } from '../kit/finding.ts';
import { dockerRights, dockerSocket, sandboxMounts } from './checks/docker.ts';
import { ports, tokens } from './checks/doors.ts';
import { keys, secretsInFile } from './checks/keys.ts';
import { dockerReach, flat } from './checks/neighbours.ts';
import {
  egressHosts,
  egressNames,
  egressPolicy,
  egressPorts,
  egressSteered,
  egressTls,
} from './checks/proxies.ts';
import { limits, mounts, rights } from './checks/rights.ts';
import { budget, images, notRead, scrape, verifications } from './checks/upkeep.ts';
import { hostReach, names, wayOut } from './checks/ways-out.ts';
import type { FoundStack } from './model.ts';
import { type StackView, viewOf } from './view.ts';

export const stackChecks: readonly Check<StackView>[] = [
  wayOut,
  names,
  hostReach,
  flat,
  dockerReach,
  dockerSocket,
  dockerRights,
  sandboxMounts,
  keys,
  secretsInFile,
  egressPolicy,
  egressHosts,
  egressPorts,
  egressNames,
  egressTls,
  egressSteered,
  ports,
  tokens,
  rights,
  mounts,
  limits,
  budget,
  images,
  scrape,
  verifications,
  notRead,
];

/** Pure. `agent` names the service that the agent is in, where its image does not say it. */
export function checkStack(stack: FoundStack, agent: string | null): readonly Finding[] {
  return findAll(stackChecks, viewOf(stack, agent));
}
