// bubblewrap, which makes the jails: installed with the system's own package manager where we may,
// saying so.

import { ClincherError } from '../../kit/error.ts';
import type { RunCommand } from './command.ts';
import { onPath } from './programs.ts';

export interface BubblewrapWorld {
  readonly path: string;
  readonly isRoot: boolean;
  readonly run: RunCommand;
  readonly say: (text: string) => void;
}

/** Tried in this order; the first whose program is there is the system's own. */
const managers = [
  { program: 'apt-get', argv: ['apt-get', 'install', '-y', 'bubblewrap'] },
  { program: 'dnf', argv: ['dnf', 'install', '-y', 'bubblewrap'] },
  { program: 'apk', argv: ['apk', 'add', 'bubblewrap'] },
  { program: 'pacman', argv: ['pacman', '-S', '--noconfirm', 'bubblewrap'] },
  { program: 'zypper', argv: ['zypper', '--non-interactive', 'install', 'bubblewrap'] },
] as const;

/**
 * Resolves to whether it had to be installed.
 * @throws ClincherError `bubblewrap-missing` with the command to run, `install-failed`
 */
export async function ensureBubblewrap(world: BubblewrapWorld): Promise<boolean> {
  if (await onPath('bwrap', world.path)) return false;
  const manager = await firstManager(world.path);
  const command = manager?.argv.join(' ') ?? 'install the package bubblewrap';
  if (!world.isRoot || manager === null) {
    throw new ClincherError(
      'bubblewrap-missing',
      'bubblewrap is not installed, and it makes the jails',
      {
        fix: manager === null ? `Please ${command}.` : `sudo ${command}`,
      },
    );
  }
  world.say(command);
  let { code, tail } = await world.run(manager.argv);
  if (code !== 0 && manager.program === 'apt-get') {
    // A fresh machine's package lists may be missing altogether.
    await world.run(['apt-get', 'update']);
    ({ code, tail } = await world.run(manager.argv));
  }
  if (code === 0 && (await onPath('bwrap', world.path))) return true;
  throw new ClincherError('install-failed', `${command} ended with ${code}:\n${tail}`, {
    fix: 'Run that command yourself, then clincher up again.',
  });
}

async function firstManager(path: string): Promise<(typeof managers)[number] | null> {
  for (const manager of managers) if (await onPath(manager.program, path)) return manager;
  return null;
}
