// Running tests as a user without any right, where they are run by root.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './embedded-world.ts';

/** A user without a name: nothing on the machine belongs to it. */
export const ordinaryUid = 61_234;

/** Why tests cannot be run again as that user; false where they can. */
export function whyNoOrdinaryUser(): string | false {
  if (process.getuid?.() !== 0) return 'these tests run as an ordinary user already';
  if (!isOpenToAll(repositoryRoot)) return 'the checkout is not readable by other users';
  accessSync(process.execPath, constants.X_OK);
  return isOpenToAll(process.execPath) ? false : 'Node is not readable by other users';
}

export interface Person {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Runs a test file again as this user, with nothing of the environment but what it is given.
 * Resolves to what it printed; throws with that when a test of it failed.
 */
export async function runAgainAs(
  { uid, gid }: Person,
  file: string,
  given: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'clincher-user-'));
  chownSync(folder, uid, gid);
  try {
    const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
    const child = spawn('setpriv', [...user, process.execPath, file], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...given },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => said.push(bytes));
    }
    const [code] = await once(child, 'close');
    const output = Buffer.concat(said).toString();
    assert.equal(code, 0, output);
    assert.match(output, /fail 0/);
    return output;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOpenToAll(path: string): boolean {
  const mode = statSync(path).mode;
  if ((mode & 0o001) === 0) return false;
  return path === '/' || isOpenToAll(dirname(path));
}
