// Whether a process could gain rights by a program that gives some (setuid, file capabilities): the
// one bound of a container that a stack of Swarm cannot ask for, so the role makes sure itself.

import { readFile } from 'node:fs/promises';
import { ClincherError } from '../kit/error.ts';

export const noNewPrivilegesFix =
  'On that node, put "no-new-privileges": true into /etc/docker/daemon.json and restart Docker: ' +
  'a stack of Swarm cannot ask for it.';

/** `status` of a process, proc(5). */
export function gainsPrivileges(status: string): boolean {
  return !/^NoNewPrivs:\s*1$/m.test(status);
}

/** @throws ClincherError `engine-old` unless the kernel gives this process no new privileges */
export async function refuseNewPrivileges(): Promise<void> {
  if (!gainsPrivileges(await readFile('/proc/self/status', 'utf8'))) return;
  throw new ClincherError('engine-old', 'whoever started this lets it gain new privileges', {
    fix: noNewPrivilegesFix,
  });
}
