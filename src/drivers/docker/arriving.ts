// Who comes into a container by the engine, as a health check does, has all of the engine's rights
// for the moment before it becomes who it is told to be: what it had then is nobody's right.

import { setTimeout as delay } from 'node:timers/promises';
import type { InspectedProcess, Inspection } from '../driver.ts';

const againMs = 20;

/**
 * `look` once nobody is on the way in, or after `withinMs` whoever is there: nothing inside makes
 * a process that came from outside, so what stays that way is to be seen.
 */
export async function onceArrived(look: () => Inspection, withinMs = 2_000): Promise<Inspection> {
  const until = performance.now() + withinMs;
  for (;;) {
    const inspection = look();
    if (!inspection.processes.some(isArriving) || performance.now() > until) return inspection;
    await delay(againMs);
  }
}

function isArriving({ joined, ...has }: InspectedProcess): boolean {
  const isBound = has.noNewPrivileges && has.filtersSystemCalls;
  return joined && (!isBound || !/^0+$/.test(has.capabilities.effective));
}
