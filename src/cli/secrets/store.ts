// The secret store: one file per secret, readable by its owner alone, written whole or not at all.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';

export interface SecretStore {
  readonly dir: string;
  read(name: string): Promise<Secret | null>;
  write(name: string, value: Secret): Promise<void>;
  /** Whether there was one. */
  remove(name: string): Promise<boolean>;
  list(): Promise<readonly string[]>;
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const secretBytesMax = 64 * 1024;

/**
 * `dir` is made (0700) on the first write. Names: `[a-z0-9][a-z0-9._-]{0,63}`, else ClincherError
 * `usage`.
 */
export function secretStore(dir: string): SecretStore {
  const fileOf = (name: string) => join(dir, checkedName(name));
  return {
    dir,
    read: async (name) => {
      const text = await readFile(fileOf(name), 'utf8').catch(nullIfMissing);
      return text === null ? null : new Secret(text);
    },
    write: async (name, value) => writeWhole(dir, fileOf(name), value.reveal()),
    remove: async (name) => {
      const gone = await rm(fileOf(name)).catch(nullIfMissing);
      return gone !== null;
    },
    list: async () => {
      const names = (await readdir(dir).catch(nullIfMissing)) ?? [];
      return names.filter((name) => namePattern.test(name)).sort();
    },
  };
}

/**
 * Beside its place, synced and renamed: a full disk or a power cut leaves the old value, not half
 * of one.
 */
async function writeWhole(dir: string, file: string, text: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const unfinished = `${file}~${process.pid}`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(unfinished, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new ClincherError('usage', `${JSON.stringify(name)} cannot be a secret's name`, {
    fix: 'Lower-case letters, digits, dot, dash and underscore, at most 64, a letter or digit first.',
  });
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
