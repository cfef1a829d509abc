// Named pipes: Node makes sockets for a child's streams, and a program cannot open /dev/stderr when
// that is one.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdirSync, openSync } from 'node:fs';
import { findProgram } from '../../host/programs.ts';

/** A new folder with these pipes in it, for its owner alone. Throws the system's error. */
export async function makePipes(folder: string, names: readonly string[]): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  const paths = names.map((name) => `${folder}/${name}`);
  const mkfifo = spawn(findProgram('mkfifo') ?? 'mkfifo', ['-m', '600', ...paths], {
    env: {},
    stdio: 'ignore',
  });
  const [code] = await once(mkfifo, 'close');
  if (code !== 0) throw Object.assign(new Error('mkfifo failed'), { code: 'EIO' });
}

/** As reader and writer at once, so that nobody who opens one of them waits. */
export function openBothWays(folder: string, names: readonly string[]): number[] {
  const flags = constants.O_RDWR | constants.O_NONBLOCK;
  return names.map((name) => openSync(`${folder}/${name}`, flags));
}
