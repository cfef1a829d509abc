// The agent, from npm at its pinned version, into the checkout's .cache. It is made beside its
// place and renamed, so an installation cut short is never mistaken for one; npm's own cache lets
// the next try go on from there.

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
import { ClincherError } from '../../kit/error.ts';
import type { RunCommand } from '../../kit/run-command.ts';
import { folderBytes } from './folder-bytes.ts';

export interface OpenclawWorld {
  /** The checkout's .cache. */
  readonly cacheDir: string;
  /** The Node.js that npm and the agent run on. */
  readonly node: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly run: RunCommand;
  readonly update: (text: string) => void;
}

/** What 2026.9.6 takes when installed; only for the progress bar and the look at the disk. */
export const openclawMegabytes = 650;
const pollMs = 1_000;

export function openclawDir(cacheDir: string, version: string): string {
  return join(cacheDir, `openclaw-${version}`, 'node_modules', 'openclaw');
}

export async function openclawInstalled(cacheDir: string, version: string): Promise<boolean> {
  const file = join(openclawDir(cacheDir, version), 'package.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return JSON.parse(text).version === version;
}

/**
 * Resolves to whether it had to be installed. Of all packages' install scripts only the agent's own
 * is run: it finishes its own folder, and the agent refuses to start from a read-only one
 * otherwise.
 * @throws ClincherError `agent-missing`, `disk-full`
 */
export async function ensureOpenclaw(version: string, world: OpenclawWorld): Promise<boolean> {
  if (await openclawInstalled(world.cacheDir, version)) return false;
  const finished = join(world.cacheDir, `openclaw-${version}`);
  await removeAbandoned(world.cacheDir);
  // One per process: two at once each make their own, and the second finds the first's in its
  // place.
  const unfinished = `${finished}.new-${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  await refuseFullDisk(unfinished);
  // Without a package.json of its own npm would install into the one above it: ours.
  await writeFile(join(unfinished, 'package.json'), '{"private":true}\n');
  await install(version, unfinished, world);
  await finish(version, unfinished, world);
  if (await openclawInstalled(world.cacheDir, version)) {
    await rm(unfinished, { recursive: true, force: true });
    return true;
  }
  await rm(finished, { recursive: true, force: true });
  await rename(unfinished, finished);
  return true;
}

/** What installations that were cut short have left behind. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [])) {
    const pid = /^openclaw-.*\.new-([0-9]+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

async function install(version: string, dir: string, world: OpenclawWorld): Promise<void> {
  const show = async () => world.update(progressText(await folderBytes(dir)));
  const watch = setInterval(() => void show(), pollMs);
  const argv = ['npm', 'install', `openclaw@${version}`, '--save-exact', '--ignore-scripts'];
  argv.push('--omit=dev', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error');
  // npm's first line is `#!/usr/bin/env node`: it must find the Node.js the agent asks for.
  const path = `${dirname(world.node)}${delimiter}${world.variables.PATH ?? ''}`;
  try {
    const { code, tail } = await world.run(argv, {
      cwd: dir,
      env: { ...(await npmVariables(world.variables, world.cacheDir)), PATH: path },
    });
    if (code !== 0) throw failure(version, code, tail);
  } finally {
    clearInterval(watch);
  }
}

async function finish(version: string, dir: string, world: OpenclawWorld): Promise<void> {
  const packageDir = join(dir, 'node_modules', 'openclaw');
  const { code, tail } = await world.run([world.node, 'scripts/postinstall-bundled-plugins.mjs'], {
    cwd: packageDir,
    env: { PATH: dirname(world.node), HOME: dir },
  });
  if (code !== 0) throw failure(version, code, tail);
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

async function refuseFullDisk(dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const freeMegabytes = Math.floor((bavail * bsize) / 1e6);
  if (freeMegabytes > openclawMegabytes * 1.2) return;
  throw new ClincherError(
    'disk-full',
    `OpenClaw takes ${openclawMegabytes} MB and ${dir} has ${freeMegabytes} MB free`,
    { fix: 'Free some space, then run the same command again.' },
  );
}

function failure(version: string, code: number, tail: string): ClincherError {
  const what = code === 127 ? 'there is no npm to install it with' : `it ended with ${code}`;
  return new ClincherError(
    'agent-missing',
    `openclaw@${version} could not be installed: ${what}${tail === '' ? '' : `:\n${tail}`}`,
    { fix: 'Mend that and run clincher up again; it goes on from what npm has already fetched.' },
  );
}

export function progressText(bytes: number): string {
  const megabytes = Math.round(bytes / 1e6);
  const share = Math.min(0.99, megabytes / openclawMegabytes);
  const filled = Math.round(share * 20);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`;
  return `${bar} ${Math.round(share * 100)} % (${megabytes} of about ${openclawMegabytes} MB)`;
}
