// Closes what a shell left open in us, before a jail inherits it.

import { closeSync, readdirSync, readFileSync } from 'node:fs';

/**
 * A descriptor that the starter's shell leaked would be inherited by every jail, where it is a
 * hole. Node marks the ones it knows close-on-exec; the rest is closed here.
 */
export function closeLeakedDescriptors(keepUpTo: number): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= keepUpTo) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
      const closeOnExec = (Number.parseInt(flags ?? '0', 8) & 0o2000000) !== 0;
      if (!closeOnExec) closeSync(fd);
    } catch {
      // The descriptor of the listing itself: gone already.
    }
  }
}
