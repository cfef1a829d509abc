// Finds where this process may make control groups: cgroup v2 if delegated, else v1 if writable,
// else nowhere.

import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitMechanism } from './limits.ts';

export interface CgroupHome {
  readonly mechanism: LimitMechanism;
  /** The folders below which each service gets its own: one for v2, one per controller for v1. */
  readonly folders: readonly string[];
}

const controllers = ['memory', 'pids', 'cpu'] as const;

/**
 * `name` keeps stacks of different state directories apart. Moves this process into a leaf of its
 * own where v2 demands it (a group with children may not hold processes).
 */
export function openCgroupHome(
  name: string,
  root = '/sys/fs/cgroup',
  pid = process.pid,
): CgroupHome {
  const own = readOwnGroups();
  return (
    tryV2(root, own.get('') ?? null, name, pid) ??
    tryV1(root, own, name) ?? { mechanism: 'rlimit', folders: [] }
  );
}

function tryV2(root: string, own: string | null, name: string, pid: number): CgroupHome | null {
  if (own === null) return null;
  // Root makes a group at the top; an ordinary user has only what systemd delegated to this
  // process's group.
  const bases = [join(root, name), join(root, own, name)];
  for (const folder of bases) {
    try {
      const parent = join(folder, '..');
      if (!hasControllers(join(parent, 'cgroup.controllers'))) continue;
      accessSync(parent, constants.W_OK);
      mkdirSync(folder, { recursive: true });
      if (!hasControllers(join(folder, 'cgroup.controllers'))) {
        moveIntoLeaf(parent, pid);
        writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory +pids +cpu');
      }
      writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory +pids +cpu');
      return { mechanism: 'cgroup2', folders: [folder] };
    } catch {
      // Not ours to use: the next base, then the next mechanism. observe() says which one is in
      // force.
    }
  }
  return null;
}

function moveIntoLeaf(parent: string, pid: number): void {
  const leaf = join(parent, 'supervisor');
  mkdirSync(leaf, { recursive: true });
  writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
}

function tryV1(root: string, own: ReadonlyMap<string, string>, name: string): CgroupHome | null {
  try {
    const folders = controllers.map((controller) => {
      const folder = join(root, controller, own.get(controller) ?? '/', name);
      accessSync(join(root, controller, 'cgroup.procs'), constants.W_OK);
      mkdirSync(folder, { recursive: true });
      return folder;
    });
    return { mechanism: 'cgroup1', folders };
  } catch {
    return null;
  }
}

function hasControllers(file: string): boolean {
  const present = readFileSync(file, 'utf8').trim().split(' ');
  return controllers.every((controller) => present.includes(controller));
}

/**
 * This process's group by v1 controller; under '' for v2. cgroups(7): `hierarchy:controllers:path`.
 */
function readOwnGroups(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
    const [, names = '', path = '/'] = line.split(':');
    for (const each of names.split(',')) groups.set(each, path);
  }
  return groups;
}
