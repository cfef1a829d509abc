// Compiles every role once, as it is compiled inside a jail, so that a jail reads the result instead of
// doing the work: half of a role's start. What is stale is simply not used; Node compares the source.

import { createHash } from 'node:crypto';
import { globSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inside } from '../../plan/paths.ts';
import { roles } from '../roles.ts';
import type { RunCommand } from './command.ts';

export interface WarmWorld {
  readonly program: string;
  readonly node: string;
  readonly cacheDir: string;
  readonly run: RunCommand;
}

/** Where jails see the folder: the driver's jails set NODE_COMPILE_CACHE to it. */
const insideCache = '/opt/cache';

export function compiledDir(cacheDir: string): string {
  return join(cacheDir, 'compiled-roles');
}

/** Resolves to whether there was something to compile. Without it everything works, only slower. */
export async function warmRoles(world: WarmWorld): Promise<boolean> {
  const dir = compiledDir(world.cacheDir);
  const stampFile = join(dir, 'stamp');
  const stamp = stampOf(world);
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return false;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const names = Object.keys(roles);
  const half = Math.ceil(names.length / 2);
  await Promise.all(
    [names.slice(0, half), names.slice(half)].map(async (some) => {
      for (const role of some) await world.run(warmArgv(role, dir, world));
    }),
  );
  await writeFile(stampFile, stamp);
  return true;
}

/**
 * The role is asked to serve settings it must refuse: by then every module of it is compiled. A jail of
 * the same paths and user, without a network, because both are part of what Node looks entries up by.
 */
function warmArgv(role: string, dir: string, { program, node }: WarmWorld): readonly string[] {
  const mounts = ['src', 'node_modules', 'package.json'].flatMap((part) => [
    ...['--ro-bind', join(program, part), `${inside.program}/${part}`],
  ]);
  return [
    ...['bwrap', '--unshare-all', '--uid', '1000', '--gid', '1000', '--die-with-parent'],
    ...['--clearenv', '--setenv', 'NODE_COMPILE_CACHE', insideCache],
    ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib'],
    ...['--symlink', 'usr/lib64', '/lib64', '--ro-bind', node, inside.node],
    ...mounts,
    ...['--bind', dir, insideCache, '--proc', '/proc', '--dev', '/dev', '--'],
    ...[inside.node, `${inside.program}/src/cli/serve.ts`, role],
    ...['--settings', `${inside.program}/package.json`],
  ];
}

function stampOf({ program, node }: WarmWorld): string {
  const hash = createHash('sha256').update(node);
  for (const path of ['package-lock.json', ...globSync('src/**/*.ts', { cwd: program }).sort()]) {
    const { mtimeMs, size } = statSync(join(program, path));
    hash.update(`\0${path}\0${mtimeMs}\0${size}`);
  }
  return hash.digest('hex');
}
