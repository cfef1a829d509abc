// Which programs of the system are there, by looking along the search path as a shell would.

import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export async function onPath(program: string, path: string): Promise<boolean> {
  for (const dir of path.split(delimiter)) {
    if (dir === '') continue;
    const found = await access(join(dir, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** Where each is; those that are not there are left out. */
export async function findPrograms(
  names: readonly string[],
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    for (const dir of path.split(delimiter)) {
      if (found[name] === undefined && (await onPath(name, dir))) found[name] = join(dir, name);
    }
  }
  return found;
}

export async function missingPrograms<P extends { readonly program: string }>(
  wanted: readonly P[],
  path: string,
): Promise<readonly P[]> {
  const there = await Promise.all(wanted.map(({ program }) => onPath(program, path)));
  return wanted.filter((_, index) => there[index] === false);
}
