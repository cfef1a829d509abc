// The one place that reads the environment and the machine: everything else gets them as arguments.

import { homedir, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  /** The folder that holds src/ and node_modules/: the checkout. */
  readonly program: string;
  /** The Node.js that runs this. */
  readonly node: string;
}

export function readEnvironment(): Environment {
  const { uid, gid } = userOf(process.env.CLINCHER_USER);
  return {
    variables: process.env,
    cwd: process.cwd(),
    home: homedir(),
    uid,
    gid,
    user: nameOf(uid),
    program: resolve(dirname(fileURLToPath(import.meta.url)), '../..'),
    node: process.execPath,
  };
}

/**
 * Who brought the stack up, where its supervisor runs us: to it everybody is user 0. Nobody gains
 * by saying another one: it is what containers are planned for, and no right.
 */
function userOf(said: string | undefined): { readonly uid: number; readonly gid: number } {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(said ?? '') ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** A user without a name is a user: a container is often run as one. */
function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}
