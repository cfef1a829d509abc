// A package of the system: installed with the system's own package manager where we may, saying so.

import type { ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { RunCommand } from '../../kit/run-command.ts';
import { onPath } from './programs.ts';

export interface PackageWorld {
  readonly path: string;
  readonly isRoot: boolean;
  readonly run: RunCommand;
  readonly say: (text: string) => void;
}

/** Tried in this order; the first whose program is there is the system's own. */
const managers = [
  { program: 'apt-get', argv: ['apt-get', 'install', '-y'] },
  { program: 'dnf', argv: ['dnf', 'install', '-y'] },
  { program: 'apk', argv: ['apk', 'add'] },
  { program: 'pacman', argv: ['pacman', '-S', '--noconfirm'] },
  { program: 'zypper', argv: ['zypper', '--non-interactive', 'install'] },
] as const;

type Manager = (typeof managers)[number]['program'];

export interface SystemPackage {
  /** The program whose presence says that it is installed. */
  readonly program: string;
  /** Where it must be, when that is not where we look for ours. */
  readonly path?: string;
  /** Its name, and the names it has with other managers. */
  readonly name: string;
  readonly names?: Partial<Readonly<Record<Manager, string>>>;
  /** The code of the error when it is not there and we may not install it. */
  readonly code: ErrorCode;
  /** `and it makes the jails` */
  readonly why: string;
}

/**
 * Resolves to whether it had to be installed.
 * @throws ClincherError the package's code with the command to run, `install-failed`
 */
export async function ensurePackage(world: PackageWorld, wanted: SystemPackage): Promise<boolean> {
  if (await onPath(wanted.program, wanted.path ?? world.path)) return false;
  const manager = await firstManager(world.path);
  const name = (manager === null ? undefined : wanted.names?.[manager.program]) ?? wanted.name;
  const argv = manager === null ? [] : [...manager.argv, name];
  const command = manager === null ? `install the package ${name}` : argv.join(' ');
  if (!world.isRoot || manager === null) {
    throw new ClincherError(wanted.code, `${name} is not installed, ${wanted.why}`, {
      fix: manager === null ? `Please ${command}.` : `sudo ${command}`,
    });
  }
  world.say(command);
  let { code, tail } = await world.run(argv);
  if (code !== 0 && manager.program === 'apt-get') {
    // A fresh machine's package lists may be missing altogether.
    await world.run(['apt-get', 'update']);
    ({ code, tail } = await world.run(argv));
  }
  if (code === 0 && (await onPath(wanted.program, wanted.path ?? world.path))) return true;
  throw new ClincherError('install-failed', `${command} ended with ${code}:\n${tail}`, {
    fix: 'Run that command yourself, then clincher up again.',
  });
}

async function firstManager(path: string): Promise<(typeof managers)[number] | null> {
  for (const manager of managers) if (await onPath(manager.program, path)) return manager;
  return null;
}
