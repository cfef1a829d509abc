// What is mounted, as the kernel tells a process of itself: which folder of which file system a
// place is. Both are said alike in every mount namespace, whatever names led there.
// https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html

export interface Mount {
  /** Major and minor number of the file system, and the folder in it that is mounted. */
  readonly device: string;
  readonly root: string;
  /** Where it is, as the process names it. */
  readonly at: string;
}

/** `text` is a `/proc/PID/mountinfo`; lines that are none are left out. */
export function readMountTable(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, root, at] = line.split(' ');
    if (device === undefined || root === undefined || at === undefined) return [];
    return [{ device, root: plain(root), at: plain(at) }];
  });
}

/** The folder that is mounted at exactly this place, or null. */
export function mountedAt(table: readonly Mount[], path: string): string | null {
  const mount = table.findLast(({ at }) => at === path);
  return mount === undefined ? null : folderText(mount.device, mount.root);
}

/** The folder that a path without links is, or null. */
export function folderAt(table: readonly Mount[], path: string): string | null {
  let nearest: Mount | null = null;
  for (const mount of table) {
    const isOn = mount.at === '/' || path === mount.at || path.startsWith(`${mount.at}/`);
    if (isOn && mount.at.length >= (nearest?.at.length ?? 0)) nearest = mount;
  }
  if (nearest === null) return null;
  const below = nearest.at === '/' ? path : path.slice(nearest.at.length);
  return folderText(nearest.device, nearest.root === '/' ? below : `${nearest.root}${below}`);
}

function folderText(device: string, path: string): string {
  return `${device} ${path === '' ? '/' : path}`;
}

/** Blanks and backslashes are written in octal. */
function plain(text: string): string {
  const octal = /\\([0-7]{3})/g;
  return text.replace(octal, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
