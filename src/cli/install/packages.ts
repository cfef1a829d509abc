// The packages of the system that a stack needs beside Node: bubblewrap always, and what a sandbox
// over SSH stands on.

import type { SystemPackage } from './system-package.ts';

export const bubblewrap: SystemPackage = {
  program: 'bwrap',
  name: 'bubblewrap',
  code: 'bubblewrap-missing',
  why: 'and it makes the jails',
};

/** Where a jail looks for programs; what is elsewhere on the host is not in it. */
const path = '/usr/local/bin:/usr/bin:/bin';

/** The agent goes to its sandbox with ssh(1), and works on files there with Python. */
export const sshSandboxPackages: readonly SystemPackage[] = [
  {
    program: 'ssh',
    path,
    name: 'openssh-client',
    names: { dnf: 'openssh-clients', zypper: 'openssh-clients', pacman: 'openssh' },
    code: 'program-missing',
    why: 'and the agent goes to its sandbox with it',
  },
  {
    program: 'python3',
    path,
    name: 'python3',
    names: { pacman: 'python' },
    code: 'program-missing',
    why: 'and the agent works on the files of its sandbox with it',
  },
];
