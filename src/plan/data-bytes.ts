// How much data each process of a service may have where nothing bounds all of them together: what
// a driver sets, and what verification holds it to.

import type { ResourceLimits } from './model.ts';

/**
 * V8 and its dozen of threads map about 600 MiB that they never touch, and an agent that has many
 * workers 7 GiB where it uses one; RLIMIT_DATA counts it all the same.
 */
const untouchedBytes = 1024 ** 3;
const threadsOfV8 = 64;
const untouchedBytesOfThread = 32 * 1024 ** 2;

/** RLIMIT_DATA, setrlimit(2). Not RLIMIT_AS: V8 reserves far more address space than it uses. */
export function dataBytesMax({ memoryBytesMax, processesMax }: ResourceLimits): number {
  const more = Math.max(0, processesMax - threadsOfV8) * untouchedBytesOfThread;
  return memoryBytesMax + untouchedBytes + more;
}
