// The one place that reads the environment and the machine: everything else gets them as arguments.

import { homedir, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly uid: number;
  readonly user: string;
  /** The folder that holds src/ and node_modules/: the checkout. */
  readonly program: string;
  /** The Node.js that runs this. */
  readonly node: string;
}

export function readEnvironment(): Environment {
  const { uid, username } = userInfo();
  return {
    variables: process.env,
    cwd: process.cwd(),
    home: homedir(),
    uid,
    user: username,
    program: resolve(dirname(fileURLToPath(import.meta.url)), '../..'),
    node: process.execPath,
  };
}
