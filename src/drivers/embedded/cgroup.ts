// One service's control group: its limits, its processes, and whether the kernel killed for memory.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ResourceLimits } from '../../plan/model.ts';
import type { CgroupHome } from './cgroup-home.ts';
import { cgroupWrites } from './limits.ts';

export interface Cgroup {
  add(pid: number): void;
  /** How often the kernel has killed a process of the service for using more memory than it may. */
  oomKills(): number;
  remove(): void;
}

/**
 * Throws the system's error when a limit cannot be set: a service must not run without the planned
 * bound.
 */
export function openCgroup(home: CgroupHome, service: string, limits: ResourceLimits): Cgroup {
  const folders = home.folders.map((folder) => join(folder, service));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const { file, value } of cgroupWrites(home.mechanism, limits)) {
    writeFileSync(join(placeOf(home, service, file), basename(file)), value);
  }
  return {
    add: (pid) => {
      for (const folder of folders) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    },
    oomKills: () => readOomKills(home, folders),
    remove: () => folders.forEach(removeQuietly),
  };
}

function placeOf(home: CgroupHome, service: string, file: string): string {
  const [controller] = file.split('/');
  const index =
    home.mechanism === 'cgroup2' ? 0 : ['memory', 'pids', 'cpu'].indexOf(controller ?? '');
  return join(home.folders[index] ?? '', service);
}

function readOomKills(home: CgroupHome, folders: readonly string[]): number {
  const [memory] = folders;
  if (memory === undefined) return 0;
  const file = home.mechanism === 'cgroup2' ? 'memory.events' : 'memory.oom_control';
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync(join(memory, file), 'utf8'));
    return Number(match?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * The kernel removes a group only once its last process is gone, which may be a moment after its
 * exit.
 */
function removeQuietly(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Left for the next start, which uses the same folder.
  }
}
