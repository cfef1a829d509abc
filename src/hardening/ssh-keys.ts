// Who could not log in any more once passwords are refused. Whoever asks must have a key that sshd
// would take; what cannot be known counts as no.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readHostFile } from './files.ts';
import type { HostWorld, SshdSettings } from './model.ts';

/** Null where the one who asks could log in by key; else why not, and what to do. */
export async function whyLockedOut(
  world: HostWorld,
  settings: SshdSettings,
): Promise<string | null> {
  const { user } = world;
  const account = await accountOf(world);
  if (account === null) return `there is no user ${user} in /etc/passwd.`;
  const patterns = (settings.get('authorizedkeysfile')?.[0] ?? '').split(/\s+/);
  const files = patterns
    .filter((pattern) => pattern !== '' && pattern !== 'none')
    .map((pattern) => expand(pattern, account));
  const reasons: string[] = [];
  for (const file of files) {
    const why = await whyNotUsable(world, file, account);
    if (why === null) return null;
    reasons.push(why);
  }
  return (
    `${user} would be locked out: ${reasons.join('; ') || 'sshd reads no file of keys'}. ` +
    `From your own machine: ssh-copy-id ${user}@HOST, log in with the key, and run this again.`
  );
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

async function accountOf({ user, ...world }: HostWorld): Promise<Account | null> {
  const lines = (await readHostFile({ user, ...world }, '/etc/passwd'))?.split('\n') ?? [];
  const fields = lines.map((line) => line.split(':')).find(([name]) => name === user);
  if (fields === undefined) return null;
  return { name: user, uid: Number(fields[2]), home: fields[5] ?? '/' };
}

/** The tokens of sshd_config(5). */
function expand(pattern: string, { name, uid, home }: Account): string {
  const values: Readonly<Record<string, string>> = { '%': '%', h: home, u: name, U: String(uid) };
  const path = pattern.replace(/%([%huU])/g, (_, token: string) => values[token] ?? '');
  return path.startsWith('/') ? path : join(home, path);
}

async function whyNotUsable(
  world: HostWorld,
  file: string,
  { uid, home }: Account,
): Promise<string | null> {
  const path = join(world.root, file);
  // Prints a fingerprint for each key it understands, and fails where there is none.
  const { code } = await world.run(['ssh-keygen', '-l', '-f', path]);
  if (code !== 0) return `there is no key in ${file}`;
  // StrictModes: what others may write, sshd does not read.
  const parts = file.startsWith(`${home}/`) ? [home, join(file, '..'), file] : [file];
  for (const part of parts) {
    const { mode, uid: owner } = await stat(join(world.root, part));
    if ((mode & 0o022) !== 0) return `others may write ${part}, so sshd does not believe it`;
    if (owner !== uid && owner !== 0) return `${part} belongs to somebody else`;
  }
  return null;
}
