// What Docker mounts into every container of its own accord: its root, the kernel's views with
// parts of them covered, and three files of names.

import type { FoundMount } from './probes/files.ts';

type Mounted = Pick<FoundMount, 'target' | 'type' | 'root'>;

const roots = new Set(['overlay', 'btrfs', 'zfs', 'fuse-overlayfs']);
const covered = ['/proc/acpi', '/proc/asound', '/proc/scsi', '/sys/firmware'];
const coveredDevices = ['/sys/devices/virtual/powercap', '/sys/devices/system/cpu'];

/** Nothing of it can be written, as the rows of writing show. */
export function isDockersOwn({ target, type, root }: Mounted): boolean {
  if (target === '/') return roots.has(type);
  // What reaps for the agent, where it was asked for.
  if (/^(?:\/usr)?\/sbin\/docker-init$/.test(target)) return true;
  if (covered.includes(target)) return type === 'tmpfs' && root === '/';
  if (coveredDevices.some((folder) => target.startsWith(folder))) return type === 'tmpfs';
  if (target === '/sys') return type === 'sysfs' && root === '/';
  if (target === '/sys/fs/cgroup') return ['tmpfs', 'cgroup2'].includes(type);
  return target.startsWith('/sys/fs/cgroup/') && type === 'cgroup';
}
