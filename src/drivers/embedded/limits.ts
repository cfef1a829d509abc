// How a service's limits are enforced here: the strongest mechanism that this machine lets us use,
// as data.

import { dataBytesMax } from '../../plan/data-bytes.ts';
import type { ResourceLimits } from '../../plan/model.ts';

/** `cgroup2` and `cgroup1` bound the service as a whole; `rlimit` bounds each of its processes. */
export type LimitMechanism = 'cgroup2' | 'cgroup1' | 'rlimit';

export interface FileWrite {
  readonly file: string;
  readonly value: string;
}

const periodMicroseconds = 100_000;

/**
 * What is written into the service's cgroup, by file name; v1 names start with their controller.
 */
export function cgroupWrites(mechanism: LimitMechanism, limits: ResourceLimits): FileWrite[] {
  const quota = String(Math.round(limits.cpusMax * periodMicroseconds));
  const bytes = String(limits.memoryBytesMax);
  const processes = String(limits.processesMax);
  if (mechanism === 'cgroup2') {
    return [
      { file: 'memory.max', value: bytes },
      { file: 'memory.swap.max', value: '0' },
      { file: 'pids.max', value: processes },
      { file: 'cpu.max', value: `${quota} ${periodMicroseconds}` },
    ];
  }
  if (mechanism === 'rlimit') return [];
  return [
    { file: 'memory/memory.limit_in_bytes', value: bytes },
    { file: 'pids/pids.max', value: processes },
    { file: 'cpu/cpu.cfs_period_us', value: String(periodMicroseconds) },
    { file: 'cpu/cpu.cfs_quota_us', value: quota },
  ];
}

/**
 * No file a service writes may grow beyond this, so that a runaway log does not fill the disk at
 * once.
 */
const standardFileBytesMax = 4 * 1024 ** 3;

/** Arguments for prlimit(1), applied to the jail's first process before the role starts. */
export function prlimitArgv(
  mechanism: LimitMechanism,
  limits: ResourceLimits,
  pid: number,
  fileBytesMax = standardFileBytesMax,
): string[] {
  const argv = ['prlimit', '--pid', String(pid), '--core=0', `--nofile=${limits.filesMax}`];
  argv.push(`--fsize=${fileBytesMax}`);
  if (mechanism !== 'rlimit') return argv;
  // Counted per user namespace since Linux 5.14, so this is the service's own count. Setting it
  // before bubblewrap has made the namespace would compare it with every process the user has.
  argv.push(`--nproc=${limits.processesMax}`);
  argv.push(`--data=${dataBytesMax(limits)}`);
  return argv;
}
