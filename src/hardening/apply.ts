// Makes changes to a host so that each can be taken back: what was there is written down before
// anything is touched, and a change that fails takes back what its run has done.

import { chmod, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ClincherError } from '../kit/error.ts';
import { readHostFile } from './files.ts';
import type { Change, HostWorld } from './model.ts';

const journalFile = '/var/lib/clincher/host-changes.json';

const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    path: z.string(),
    /** Null where there was none. */
    before: z.string().nullable(),
    wrote: z.string(),
  }),
  z.strictObject({ kind: z.literal('run'), undoes: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('package'), name: z.string() }),
]);
const journalSchema = z.strictObject({ version: z.literal(1), entries: z.array(entrySchema) });
type Entry = z.infer<typeof entrySchema>;

/** @throws ClincherError `host-unchanged`: all of these are taken back, and it says why */
export async function applyToHost(
  world: HostWorld,
  changes: readonly Change[],
  say: (text: string) => void,
): Promise<void> {
  const before = await readJournal(world);
  const entries: Entry[] = [...before];
  try {
    for (const change of changes) {
      const entry = await entryOf(world, change);
      if (entry !== null) {
        entries.push(entry);
        // Before it is done: a machine that stops in between can still be taken back.
        await writeJournal(world, entries);
      }
      say(changeText(change));
      await apply(world, change);
    }
  } catch (error) {
    await takeBack(world, entries.slice(before.length), () => undefined);
    await writeJournal(world, before);
    const why = error instanceof Error ? error.message : String(error);
    throw new ClincherError('host-unchanged', `nothing was changed: ${why}`, {
      fix: 'Mend what it says, then run the same command again.',
      cause: error,
    });
  }
}

/** In reverse. Resolves to whether there was anything. */
export async function undoOnHost(world: HostWorld, say: (text: string) => void): Promise<boolean> {
  const entries = await readJournal(world);
  await takeBack(world, entries, say);
  await writeJournal(world, []);
  return entries.length > 0;
}

export function changeText(change: Change): string {
  switch (change.kind) {
    case 'file':
      return `writes ${change.path}`;
    case 'package':
      return `installs ${change.name}`;
    case 'run':
      return change.does === null
        ? `remembers: ${change.undoes?.join(' ')}`
        : change.does.join(' ');
  }
}

async function entryOf(world: HostWorld, change: Change): Promise<Entry | null> {
  if (change.kind === 'package') return change;
  if (change.kind === 'run') {
    return change.undoes === null ? null : { kind: 'run', undoes: [...change.undoes] };
  }
  const { path, text } = change;
  return { kind: 'file', path, before: await readHostFile(world, path), wrote: text };
}

async function apply(world: HostWorld, change: Change): Promise<void> {
  if (change.kind === 'file') return writeWhole(world, change.path, change.text);
  if (change.kind === 'run') return change.does === null ? undefined : must(world, change.does);
  return must(world, ['apt-get', 'install', '-y', change.name]);
}

async function takeBack(
  world: HostWorld,
  entries: readonly Entry[],
  say: (text: string) => void,
): Promise<void> {
  for (const entry of entries.toReversed()) {
    if (entry.kind === 'file') await restore(world, entry, say);
    else {
      const argv = entry.kind === 'run' ? entry.undoes : ['apt-get', 'remove', '-y', entry.name];
      const { code, tail } = await world.run(argv);
      say(code === 0 ? argv.join(' ') : `${argv.join(' ')} ended with ${code}: ${tail}`);
    }
  }
}

async function restore(
  world: HostWorld,
  { path, before, wrote }: Extract<Entry, { kind: 'file' }>,
  say: (text: string) => void,
): Promise<void> {
  const now = await readHostFile(world, path);
  if (now === before) return;
  if (now !== wrote) return say(`leaves ${path}: somebody changed it since`);
  if (before === null) await rm(join(world.root, path), { force: true });
  else await writeWhole(world, path, before);
  say(before === null ? `removes ${path}` : `puts ${path} back as it was`);
}

async function must(world: HostWorld, argv: readonly string[]): Promise<void> {
  const { code, tail } = await world.run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${tail}`);
}

/** Beside its place and renamed, with the mode of what was there: whole or not at all. */
async function writeWhole(world: HostWorld, path: string, text: string): Promise<void> {
  const target = join(world.root, path);
  const there = await lstat(target).catch(() => null);
  if (there !== null && !there.isFile()) throw new Error(`${path} is not a plain file`);
  await mkdir(dirname(target), { recursive: true });
  const unfinished = `${target}~${process.pid}`;
  await writeFile(unfinished, text, { flush: true });
  await chmod(unfinished, (there?.mode ?? 0o644) & 0o777);
  await rename(unfinished, target);
}

async function readJournal(world: HostWorld): Promise<readonly Entry[]> {
  const text = await readHostFile(world, journalFile);
  if (text === null) return [];
  try {
    return journalSchema.parse(JSON.parse(text)).entries;
  } catch (error) {
    throw new ClincherError('host-unchanged', `${journalFile} cannot be read`, {
      fix: 'It says what was there before; nothing is changed or taken back without it.',
      cause: error,
    });
  }
}

async function writeJournal(world: HostWorld, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return rm(join(world.root, journalFile), { force: true });
  await writeWhole(world, journalFile, `${JSON.stringify({ version: 1, entries }, null, 2)}\n`);
}
