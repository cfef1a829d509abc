// The last part of a deployment, run on the far side: the new release is brought up and verified,
// and the one before comes back where that fails.

import { readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { RunCommand } from '../kit/run-command.ts';

export interface SwitchOrder {
  readonly dir: string;
  readonly release: string;
  readonly host: 'app' | 'monitor';
  readonly run: RunCommand;
  readonly say: (text: string) => void;
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
  try {
    // A supervisor starts what its own program is: another program's takes its place.
    if (isOtherProgram) await stack(order, before, ['down']);
    await start(order, release);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(why);
    if (!isOther) throw failed(`${release} did not come up`, why);
    if (isOtherProgram) await stack(order, release, ['down']).catch(() => undefined);
    await start(order, before).catch((again: Error) => {
      throw failed(`${release} did not come up, and ${before} did not come back`, again.message);
    });
    throw failed(`${release} did not come up; ${before} runs again`, why);
  }
  await point(join(dir, 'current'), join('releases', release));
  say(`${release} is the current release`);
  await removeOld(dir, release);
}

async function start(order: SwitchOrder, release: string): Promise<void> {
  if (order.host === 'monitor') return checkMonitor(order, release);
  await stack(order, release, ['up', '--detach']);
  await stack(order, release, ['verify']);
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

/** With Prometheus's own checker, where the host has it. */
async function checkMonitor({ dir, run }: SwitchOrder, release: string): Promise<void> {
  const file = join(dir, 'releases', release, 'prometheus', 'prometheus.yml');
  const { code, tail } = await run(['promtool', 'check', 'config', '--syntax-only', file]);
  if (code !== 0 && code !== 127) throw new Error(`promtool check config:\n${tail}`);
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
