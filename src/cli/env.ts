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
  const uid = process.getuid?.() ?? 0;
  return {
    variables: process.env,
    cwd: process.cwd(),
    home: homedir(),
    uid,
    gid: process.getgid?.() ?? 0,
    user: nameOf(uid),
    program: resolve(dirname(fileURLToPath(import.meta.url)), '../..'),
    node: process.execPath,
  };
}

/** A user without a name is a user: a container is often run as one. */
function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}
