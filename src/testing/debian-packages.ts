// Packages of a newer Debian than this machine's may be, unpacked into a folder for the tests:
// nothing is installed.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openArchive } from '../images/debian-archive.ts';
import type { runCommand } from '../kit/run-command.ts';
import { checkout } from './source-tree.ts';

/** Has Redis 8, and compose v2 under its own name. */
const newer = 'trixie';

/** Into a folder that is there whole or not at all. Whether there was anything to be done. */
export async function unpackOnce(
  folder: string,
  packages: readonly string[],
  run: typeof runCommand,
): Promise<boolean> {
  if (existsSync(folder)) return false;
  const made = `${folder}.new-${process.pid}`;
  await mkdir(made, { recursive: true });
  try {
    for (const name of packages) await unpackPackage(name, made, run);
    await rename(made, folder);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return true;
}

/**
 * With all that it depends on, down to the C library; of this machine's own suite where `suite` is
 * null. Resolves to its version.
 */
export async function unpackPackage(
  name: string,
  into: string,
  run: typeof runCommand,
  suite: string | null = newer,
): Promise<string | null> {
  const archive = await openArchive({
    folder: join(checkout, '.cache/packages'),
    run,
    ...(suite === null ? {} : { suite }),
  });
  const packages = await archive.fetch([name]);
  for (const { file } of packages) {
    const { code, tail } = await run(['dpkg-deb', '--extract', file, into]);
    if (code !== 0) throw new Error(`dpkg-deb: ${tail}`);
  }
  return packages.find((each) => each.name === name)?.version ?? null;
}
