// One `up` at a time for a state directory: two would each make the secrets the other then
// overwrites. Held by flock(1), so that the kernel lets go of it however this process ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ClincherError } from '../../kit/error.ts';

const takenExitCode = 75;

/**
 * Resolves once it is held; disposal lets go of it.
 * @throws ClincherError `already-running`, `system-refused` where there is no flock
 */
export async function lockForUp(stateDir: string): Promise<Disposable> {
  // What it runs lives exactly as long as the pipe to it, which ends with this process.
  const keep = ['sh', '-c', 'echo held; exec cat >/dev/null'];
  const child = spawn(
    'flock',
    ['--nonblock', '--conflict-exit-code', `${takenExitCode}`, join(stateDir, 'up.lock'), ...keep],
    // A session of its own: Ctrl-C is for the one who started it.
    { stdio: ['pipe', 'pipe', 'ignore'], detached: true },
  );
  child.stdin.on('error', () => undefined);
  const outcome = await Promise.race([
    once(child.stdout, 'data').then(() => 'held' as const),
    once(child, 'exit').then(([code]) => code as number | null),
    once(child, 'error').then(() => null),
  ]);
  if (outcome === 'held') return { [Symbol.dispose]: () => void child.stdin.end() };
  if (outcome === takenExitCode) {
    throw new ClincherError('already-running', `another clincher up is at work in ${stateDir}`, {
      fix: 'Wait for it, or stop it; clincher status shows how far it is.',
    });
  }
  throw new ClincherError('system-refused', `${stateDir} could not be locked with flock`, {
    fix: 'flock is part of util-linux: install that, and look whether the directory can be written.',
  });
}
