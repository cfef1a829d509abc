// What runs in a container, whoever starts it: the command line and the environment.

import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';

export const mebibyte = 1024 * 1024;
/** Share of a service's memory that V8's heap may take; the rest is buffers, code and stacks. */
const heapShare = 0.75;

export function withHeapLimit(
  [program = '', ...rest]: readonly string[],
  memoryBytesMax: number,
): readonly string[] {
  const heap = Math.max(32, Math.floor((memoryBytesMax * heapShare) / mebibyte));
  return [program, `--max-old-space-size=${heap}`, ...rest];
}

export function environmentOf(plan: ServicePlan): Readonly<Record<string, string>> {
  // Where its programs and its languages are, an image that is not ours says itself.
  if (plan.container?.program !== undefined) return { HOME: plan.state ? inside.state : '/tmp' };
  const path = '/opt/node/bin:/usr/local/bin:/usr/bin:/bin';
  return {
    HOME: plan.state ? inside.state : '/tmp',
    LANG: 'C.UTF-8',
    PATH: plan.role === 'relay' ? path : '/opt/node/bin',
  };
}
