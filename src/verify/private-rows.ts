// What other users of the machine may look into: the state folder, and the secrets in it, are their
// owner's alone. Seen on the host, by the modes that are there now.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';

/** More than any stack has secrets; what is beyond is told. */
const entriesMax = 2_000;
const ofOthers = 0o077;

/** One row where all is private, else one for each file or folder that is not. */
export async function privateRows(folder: string): Promise<Row[]> {
  const secrets = join(folder, 'secrets');
  const below = await readdir(secrets, { recursive: true }).catch(
    (error: NodeJS.ErrnoException): readonly string[] | null =>
      error.code === 'ENOENT' ? [] : null,
  );
  const paths = [folder, secrets, ...(below ?? []).map((name) => join(secrets, name))];
  const seen = await Promise.all(paths.slice(0, entriesMax).map(modeOf));
  const rows = seen.flatMap(({ path, mode }): Row[] => {
    if (mode === null || (mode & ofOthers) === 0) return [];
    const evidence = `mode ${mode.toString(8).padStart(4, '0')}, which lets others in`;
    return [rowOf(path, 'open', evidence, `chmod go= ${path}`)];
  });
  const all = `${folder}, and the secrets in it`;
  if (below === null || paths.length > entriesMax || seen[0]?.mode === null) {
    rows.push(rowOf(all, 'unknown', 'not all of it could be seen', `Look what is in ${secrets}.`));
  }
  return rows.length > 0 ? rows : [rowOf(all, 'denied', 'its owner alone may look into it', '')];
}

/** Null for what is not there; of a link what it leads to is not ours. */
async function modeOf(path: string): Promise<{ path: string; mode: number | null }> {
  const found = await lstat(path).catch(() => null);
  return { path, mode: found === null || found.isSymbolicLink() ? null : found.mode & 0o777 };
}

function rowOf(what: string, observed: State, evidence: string, fix: string): Row {
  return judge({
    ...{ from: 'people', to: 'host', via: 'file', what, declared: null, observed, evidence, fix },
    deniedBy: 'its mode',
  });
}
