// Whether a process could gain rights by a program that gives some (setuid, file capabilities): the
// one bound of a container that a stack of Swarm cannot ask for, so the role makes sure itself.

import { readFile } from 'node:fs/promises';
import { ClincherError } from '../kit/error.ts';

/** @throws ClincherError `engine-old` unless the kernel gives this process no new privileges */
export async function refuseNewPrivileges(): Promise<void> {
  const status = await readFile('/proc/self/status', 'utf8');
  if (/^NoNewPrivs:\s*1$/m.test(status)) return;
  throw new ClincherError('engine-old', 'whoever started this lets it gain new privileges', {
    fix:
      'On this node, put "no-new-privileges": true into /etc/docker/daemon.json and restart ' +
      'Docker: a stack of Swarm cannot ask for it.',
  });
}
