// What tells the stacks of one machine apart, where they share something: a daemon, its networks.

import { createHash } from 'node:crypto';
import type { Machine } from './machine.ts';

/** Hexadecimal; the same for the same state directory. */
export function stackId({ agentState }: Pick<Machine, 'agentState'>): string {
  return createHash('sha256').update(agentState).digest('hex');
}

/** What containers call the stack, and its callers of docker-proxy belong to. */
export function stackName(machine: Pick<Machine, 'agentState'>): string {
  return `clincher-${stackId(machine).slice(0, 12)}`;
}
