// What bounds a process and its service, read back from the kernel: its own limits, and those of
// its control group where it is in one that can be read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupLimits, ProcessLimits } from '../drivers/driver.ts';

/** proc_pid_limits(5): the soft limit stands after the name. What has no bound is infinite. */
export function parseProcessLimits(text: string): ProcessLimits {
  const limit = (name: string) => {
    const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(text)?.[1] ?? 'unlimited';
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  };
  return {
    files: limit('Max open files'),
    processes: limit('Max processes'),
    dataBytes: limit('Max data size'),
  };
}

/**
 * Null where it is in no group with a bound, or the groups are not to be read here: cgroups(7).
 * `root` and `proc` are for tests.
 */
export function readGroupLimits(
  pid: number,
  root = '/sys/fs/cgroup',
  proc = '/proc',
): GroupLimits | null {
  const groups = read(join(proc, String(pid), 'cgroup'))
    .trim()
    .split('\n');
  const folder = (controller: string) => {
    for (const line of groups) {
      const [, controllers = '', path = ''] = line.split(':');
      if (controllers === '') continue;
      if (controllers.split(',').includes(controller)) return join(root, controller, path);
    }
    const unified = groups.find((line) => line.startsWith('0::'));
    return unified === undefined ? null : join(root, unified.slice('0::'.length));
  };
  const value = (controller: string, ...files: readonly string[]) => {
    const at = folder(controller);
    if (at === null) return '';
    return files.map((file) => read(join(at, file)).trim()).find((text) => text !== '') ?? '';
  };
  const limits = {
    memoryBytes: number(value('memory', 'memory.max', 'memory.limit_in_bytes')),
    processes: number(value('pids', 'pids.max')),
    cpus: cpusOf(value('cpu', 'cpu.max'), (file) => value('cpu', file)),
  };
  return Object.values(limits).every((each) => each === null) ? null : limits;
}

/** A group of version 1 without a bound says the largest number of pages there could be. */
const unboundedV1 = 2 ** 62;

function number(text: string): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : null;
  return value === null || value > unboundedV1 ? null : value;
}

function cpusOf(max: string, read: (file: string) => string): number | null {
  const [quota, period] =
    max === '' ? [read('cpu.cfs_quota_us'), read('cpu.cfs_period_us')] : max.split(' ');
  const [a, b] = [number(quota ?? ''), number(period ?? '')];
  return a === null || b === null || b === 0 ? null : a / b;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
