// Running tests as a user without any right, where they are run by root.

import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
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

function isOpenToAll(path: string): boolean {
  const mode = statSync(path).mode;
  if ((mode & 0o001) === 0) return false;
  return path === '/' || isOpenToAll(dirname(path));
}
