// The packages of the system that a stack needs beside Node: bubblewrap always, and what a sandbox
// over SSH stands on.

import { findProgram } from '../../host/programs.ts';
import { ClincherError } from '../../kit/error.ts';
import type { IngressProgram } from '../../roles/ingress/settings.ts';
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

/** Not installed by us: its package starts a service of its own, open to the world. */
export function requireIngressProgram(name: IngressProgram, path: string): void {
  if (findProgram(name, path) !== null) return;
  throw new ClincherError('program-missing', `${name} is not installed, and it is the ingress`, {
    fix: `sudo apt-get install ${name} && sudo systemctl disable --now ${name}: its own service is not this one.`,
  });
}
