// Finds the programs the driver runs, once, so that nothing it starts needs a PATH of ours in its
// environment.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Absolute path of a program, or null when it is not installed. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | null {
  const folders = [...path.split(':').filter((folder) => folder.startsWith('/')), ...usual];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

const usual = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'] as const;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
