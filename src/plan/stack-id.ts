// What tells the stacks of one machine apart, where they share something: a daemon, its networks.

import { createHash } from 'node:crypto';
import type { Machine } from './machine.ts';

/** Hexadecimal; the same for the same state directory. */
export function stackId({ agentState }: Machine): string {
  return createHash('sha256').update(agentState).digest('hex');
}
