// How a program is run inside a running jail: all of its namespaces joined, as data.

import { inside } from '../../plan/paths.ts';

export interface JoinTarget {
  /** First process of the jail. */
  readonly pid: number;
  /** Of the supervisor, whose user namespace an ordinary user goes through; null when real root. */
  readonly supervisorPid: number | null;
  /** False where it is in our own network: an ordinary user may not join that one again. */
  readonly isNetworkAnother: boolean;
  /** Of the program that sets the jails' filter of system calls; null where there is no filter. */
  readonly filter: string | null;
}

/**
 * nsenter(1) joins the user namespace last, with the rights of the one around it: the program
 * starts as the jail's own user, in its mounts, with no capability.
 *
 * Who is of the same user in the same process namespace can write into its memory (/proc/PID/mem),
 * stop it and end it. What asks whether a service is as declared is not `isSeen` there: the service
 * has no number to name it by, and answers for nothing but itself.
 */
export function joinArgv(target: JoinTarget, argv: readonly string[], isSeen: boolean): string[] {
  const through =
    target.supervisorPid === null
      ? []
      : [
          'nsenter',
          '--target',
          String(target.supervisorPid),
          '--user',
          '--preserve-credentials',
          '--',
        ];
  const net = target.isNetworkAnother ? ['--net'] : [];
  const pid = isSeen ? ['--pid'] : [];
  const kinds = [...net, '--mount', ...pid, '--ipc', '--uts', '--cgroup'];
  const jail = ['nsenter', '--target', String(target.pid), ...kinds];
  // The service itself cannot gain rights by a set-user-id program, so whoever joins it must not
  // either.
  const first = ['setpriv', '--no-new-privs', '--'];
  // Before it is in: from inside, the program would have to set its own.
  if (target.filter !== null) first.push(target.filter, '/usr/bin/env');
  return [...first, ...through, ...jail, '--user', '--preserve-credentials', '--', ...argv];
}

/** Runs TypeScript from standard input, as an ES module. */
export const probeArgv = [inside.node, '--input-type=module-typescript', '-'] as const;
