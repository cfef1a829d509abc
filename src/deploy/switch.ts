// The last part of a deployment, run on the far side: the new release is brought up and verified,
// and the one before comes back where that fails.

import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { RunCommand } from '../kit/run-command.ts';
import { imagesFile } from './cargo.ts';

export interface SwitchOrder {
  readonly dir: string;
  readonly release: string;
  readonly host: 'app' | 'monitor';
  readonly run: RunCommand;
  /** Brings up what a monitoring host runs. */
  readonly monitor: MonitorSide;
  readonly say: (text: string) => void;
}

export interface MonitorSide {
  /** From the folder of a bundle; throws where a program of it does not come up. */
  start(folder: string, isOther: boolean): Promise<void>;
  stop(folder: string): Promise<void>;
  /** Whether it works, in comparison with what ran before; throws where it does not. */
  judge(): Promise<void>;
}

/** What a release is to one kind of host. */
interface Side {
  start(release: string): Promise<void>;
  /** Once it has started; throws where it is not as it should be. */
  judge(release: string): Promise<void>;
  stop(release: string): Promise<void>;
  goBack(before: string): Promise<void>;
}

/** The current one and as many before it are kept. */
const releasesKept = 3;

/** @throws ClincherError `deploy-failed`: the release before runs again, or nothing does */
export async function switchRelease(order: SwitchOrder): Promise<void> {
  const { dir, release, say } = order;
  const before = await target(join(dir, 'current'));
  const isOther = before !== null && before !== release;
  const isOtherProgram =
    isOther && (await programOf(dir, before)) !== (await programOf(dir, release));
  const side = order.host === 'app' ? appSide(order) : monitorSide(order, before);
  const isReplaced = order.host === 'app' && isOtherProgram;
  try {
    // A supervisor starts what its own program is: another program's takes its place.
    if (isReplaced) await side.stop(before);
    await side.start(release);
    await side.judge(release);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(why);
    // The first one leaves nothing half up; the one that ran already is left as it is.
    if (before === null) await side.stop(release).catch((again: Error) => say(again.message));
    if (!isOther) throw failed(`${release} did not come up`, why);
    if (isReplaced) await side.stop(release).catch(() => undefined);
    await side.goBack(before).catch((again: Error) => {
      throw failed(`${release} did not come up, and ${before} did not come back`, again.message);
    });
    throw failed(`${release} did not come up; ${before} runs again`, why);
  }
  await point(join(dir, 'current'), join('releases', release));
  say(`${release} is the current release`);
  await removeOld(dir, release);
}

function appSide(order: SwitchOrder): Side {
  const start = async (release: string) => {
    await useImages(order.dir, release);
    await stack(order, release, ['up', '--detach']);
  };
  const judge = (release: string) => stack(order, release, ['verify']);
  return {
    start,
    judge,
    stop: (release) => stack(order, release, ['down']),
    goBack: async (before) => {
      await start(before);
      await judge(before);
    },
  };
}

/** Its programs read the folder that is current, whichever it is. */
function monitorSide({ dir, monitor }: SwitchOrder, before: string | null): Side {
  const current = join(dir, 'current');
  const start = async (release: string) => {
    const wasOther = (await target(current)) !== release;
    await point(current, join('releases', release));
    await monitor.start(current, wasOther);
  };
  return {
    start,
    judge: () => monitor.judge(),
    stop: async () => {
      await monitor.stop(current);
      if (before === null) await rm(current, { force: true });
    },
    goBack: start,
  };
}

/** Where `up` looks for what it may use. */
async function useImages(dir: string, release: string): Promise<void> {
  const there = join(dir, 'state', imagesFile);
  const found = await readFile(join(dir, 'releases', release, imagesFile)).catch(() => null);
  if (found === null) return rm(there, { force: true });
  await mkdir(join(dir, 'state'), { recursive: true, mode: 0o700 });
  await writeFile(there, found, { mode: 0o600 });
}

/** The program of a release, told its configuration and the state that all of them share. */
async function stack(
  { dir, run, say }: SwitchOrder,
  release: string,
  args: readonly string[],
): Promise<void> {
  const folder = join(dir, 'releases', release);
  const where = ['--config', join(folder, 'clincher.yaml'), '--state', join(dir, 'state')];
  const argv = [join(folder, 'program', 'clincher'), ...args, ...where];
  say(argv.slice(0, 2).join(' '));
  const { code, tail } = await run(argv);
  if (code !== 0) throw new Error(`clincher ${args.join(' ')} ended with ${code}:\n${tail}`);
}

function failed(what: string, why: string): ClincherError {
  return new ClincherError('deploy-failed', `${what}: ${why}`, {
    fix: 'What each service said is in state/logs there.',
  });
}

async function programOf(dir: string, release: string): Promise<string | null> {
  return target(join(dir, 'releases', release, 'program'));
}

async function target(link: string): Promise<string | null> {
  const to = await readlink(link).catch(() => null);
  return to === null ? null : basename(to);
}

/** Another link beside it, renamed: there is always one, and it is whole. */
async function point(link: string, to: string): Promise<void> {
  await rm(`${link}.new`, { force: true });
  await symlink(to, `${link}.new`);
  await rename(`${link}.new`, link);
}

async function removeOld(dir: string, release: string): Promise<void> {
  const releases = (await readdir(join(dir, 'releases'))).filter((name) => !name.startsWith('.'));
  const old = releases
    .sort()
    .slice(0, -releasesKept)
    .filter((name) => name !== release);
  for (const name of old) await rm(join(dir, 'releases', name), { recursive: true });
  const left = releases.filter((name) => !old.includes(name));
  const used = new Set(await Promise.all(left.map((name) => programOf(dir, name))));
  for (const name of await readdir(join(dir, 'programs'))) {
    if (!used.has(name)) await rm(join(dir, 'programs', name), { recursive: true });
  }
}
