// A package from npm at its pinned version, into the checkout's .cache, in a folder of its own. It
// is made beside its place and renamed, so an installation cut short is never mistaken for one;
// npm's own cache lets the next try go on from there.

import { existsSync } from 'node:fs';
import {
  access,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { RunCommand } from '../../kit/run-command.ts';
import { folderBytes } from './folder-bytes.ts';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** As people know it. */
  readonly title: string;
  /** What it takes when installed; only for the progress bar and the look at the disk. */
  readonly megabytes: number;
  /** A script of its own, by its path in its folder, that finishes it; no other is ever run. */
  readonly script: string | null;
  /** The code of the error when it cannot be had. */
  readonly code: ErrorCode;
}

export interface NpmWorld {
  /** The checkout's .cache. */
  readonly cacheDir: string;
  /** The Node.js that npm and the package run on. */
  readonly node: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly run: RunCommand;
  readonly update: (text: string) => void;
}

const pollMs = 1_000;

/** Holds node_modules with the package and what it depends on. */
export function npmPackageRoot(
  cacheDir: string,
  { name, version }: Pick<NpmPackage, 'name' | 'version'>,
): string {
  return join(cacheDir, `${name}-${version}`);
}

export async function npmPackageInstalled(cacheDir: string, wanted: NpmPackage): Promise<boolean> {
  const file = join(packageDir(npmPackageRoot(cacheDir, wanted), wanted), 'package.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return JSON.parse(text).version === wanted.version;
}

/**
 * Resolves to whether it had to be installed.
 * @throws ClincherError the package's code, `disk-full`
 */
export async function ensureNpmPackage(wanted: NpmPackage, world: NpmWorld): Promise<boolean> {
  if (await npmPackageInstalled(world.cacheDir, wanted)) return false;
  const finished = npmPackageRoot(world.cacheDir, wanted);
  await removeAbandoned(world.cacheDir, wanted);
  // One per process: two at once each make their own, and the second finds the first's in its
  // place.
  const unfinished = `${finished}.new-${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  await refuseFullDisk(unfinished, wanted);
  // Without a package.json of its own npm would install into the one above it: ours.
  await writeFile(join(unfinished, 'package.json'), '{"private":true}\n');
  await install(wanted, unfinished, world);
  await finish(wanted, unfinished, world);
  if (await npmPackageInstalled(world.cacheDir, wanted)) {
    await rm(unfinished, { recursive: true, force: true });
    return true;
  }
  await rm(finished, { recursive: true, force: true });
  await rename(unfinished, finished);
  return true;
}

function packageDir(root: string, { name }: NpmPackage): string {
  return join(root, 'node_modules', name);
}

/** What installations that were cut short have left behind. */
async function removeAbandoned(cacheDir: string, { name }: NpmPackage): Promise<void> {
  for (const entry of await readdir(cacheDir).catch(() => [])) {
    const pid = /\.new-([0-9]+)$/.exec(entry)?.[1];
    if (!entry.startsWith(`${name}-`) || pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheDir, entry), { recursive: true, force: true });
  }
}

async function install(wanted: NpmPackage, dir: string, world: NpmWorld): Promise<void> {
  const { name, version, megabytes } = wanted;
  const show = async () => world.update(progressText(await folderBytes(dir), megabytes));
  const watch = setInterval(() => void show(), pollMs);
  const argv = ['npm', 'install', `${name}@${version}`, '--save-exact', '--ignore-scripts'];
  argv.push('--omit=dev', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error');
  // npm's first line is `#!/usr/bin/env node`: it must find the Node.js that the package asks for.
  const path = `${dirname(world.node)}${delimiter}${world.variables.PATH ?? ''}`;
  try {
    const { code, tail } = await world.run(argv, {
      cwd: dir,
      env: { ...(await npmVariables(world.variables, world.cacheDir)), PATH: path },
    });
    if (code !== 0) throw failure(wanted, code, tail);
  } finally {
    clearInterval(watch);
  }
}

async function finish(wanted: NpmPackage, dir: string, world: NpmWorld): Promise<void> {
  if (wanted.script === null) return;
  const { code, tail } = await world.run([world.node, wanted.script], {
    cwd: packageDir(dir, wanted),
    env: { PATH: dirname(world.node), HOME: dir },
  });
  if (code !== 0) throw failure(wanted, code, tail);
}

/**
 * A run under `npm test` must not hand npm's own settings of that run to this one; and npm keeps a
 * cache in the home folder, where that can be written.
 */
async function npmVariables(
  variables: Readonly<Record<string, string | undefined>>,
  cacheDir: string,
): Promise<Record<string, string | undefined>> {
  const kept = Object.fromEntries(
    Object.entries(variables).filter(([name]) => !/^npm_(package|lifecycle|command)/.test(name)),
  );
  const writable = await access(variables.HOME ?? '/nonexistent', constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable ? kept : { ...kept, npm_config_cache: join(cacheDir, 'npm') };
}

async function refuseFullDisk(dir: string, { title, megabytes }: NpmPackage): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const freeMegabytes = Math.floor((bavail * bsize) / 1e6);
  if (freeMegabytes > megabytes * 1.2) return;
  throw new ClincherError(
    'disk-full',
    `${title} takes ${megabytes} MB and ${dir} has ${freeMegabytes} MB free`,
    { fix: 'Free some space, then run the same command again.' },
  );
}

function failure(wanted: NpmPackage, code: number, tail: string): ClincherError {
  const what = code === 127 ? 'there is no npm to install it with' : `it ended with ${code}`;
  const said = tail === '' ? '' : `:\n${tail}`;
  return new ClincherError(
    wanted.code,
    `${wanted.name}@${wanted.version} could not be installed: ${what}${said}`,
    { fix: 'Mend that and run clincher up again; it goes on from what npm has already fetched.' },
  );
}

export function progressText(bytes: number, megabytesInAll: number): string {
  const megabytes = Math.round(bytes / 1e6);
  const share = Math.min(0.99, megabytes / megabytesInAll);
  const filled = Math.round(share * 20);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`;
  return `${bar} ${Math.round(share * 100)} % (${megabytes} of about ${megabytesInAll} MB)`;
}
