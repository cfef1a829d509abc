// What the docker command says when no daemon answered it, as an error that says what to do. In one
// place, because images and containers both come by that command.

import { ClincherError } from './error.ts';

/** Null when the daemon was reached. `tail` is the last it printed. */
export function dockerUnreachable(code: number, tail: string): ClincherError | null {
  const unreachable = (message: string, fix: string) =>
    new ClincherError('docker-unreachable', message, { fix });
  if (code === 127) {
    return unreachable(
      'the docker command is not installed',
      'Install Docker with its compose plugin, or use `driver: embedded`, which needs neither.',
    );
  }
  if (/permission denied while trying to connect|connect: permission denied/i.test(tail)) {
    return unreachable(
      "this user may not use Docker's socket",
      'sudo usermod -aG docker "$USER", and log in again; who is in that group is as root.',
    );
  }
  if (/cannot connect to the docker daemon|no such host|connection refused/i.test(tail)) {
    return unreachable(
      'no Docker daemon answers',
      'Start it: sudo systemctl start docker. "docker context ls" says which one is asked.',
    );
  }
  return null;
}
