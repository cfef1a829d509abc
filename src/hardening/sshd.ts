// sshd takes keys and no passwords. The change is judged before it is made, by sshd itself and on a
// copy: what it would then say, and whether the one who asks could still log in.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostNames, placeOf, readHostFile } from './files.ts';
import {
  fine,
  type HostFault,
  type HostItem,
  type HostWorld,
  type SshdSettings,
  unmended,
} from './model.ts';
import { whyLockedOut } from './ssh-keys.ts';

/** It starts itself again, and so wants to be called by its whole path. */
const program = '/usr/sbin/sshd';
const main = '/etc/ssh/sshd_config';
const folder = '/etc/ssh/sshd_config.d';
/** Read first of its folder; in sshd the first value of a setting holds. */
const own = `${folder}/00-clincher.conf`;

/** Setting, what is written, and what `sshd -T` may say of it. See sshd_config(5). */
const wanted: readonly (readonly [name: string, value: string, also?: readonly string[]])[] = [
  ['PasswordAuthentication', 'no'],
  ['KbdInteractiveAuthentication', 'no'],
  ['PermitEmptyPasswords', 'no'],
  ['PermitRootLogin', 'prohibit-password', ['without-password', 'forced-commands-only', 'no']],
  ['PubkeyAuthentication', 'yes'],
  ['X11Forwarding', 'no'],
];

const text = [
  '# Written by `clincher host harden`; `clincher host harden --undo` removes it.',
  ...wanted.map(([name, value]) => `${name} ${value}`),
  '',
].join('\n');

export const sshKeysOnly: HostItem = {
  id: 'host-ssh',
  invariant: 'sshd lets people in by their keys, and by nothing that can be guessed.',
  because: 'A password on a reachable port is tried all day; one that is guessed is the host.',
  async look(world) {
    const now = await sshdSettings(world);
    if (now === null) return fine;
    if (typeof now === 'string') return unmended(unreadable(now));
    const wrong = faultsIn(now);
    if (wrong.length === 0) return fine;
    const files = [main, ...(await hostNames(world, folder, '.conf')).map((n) => `${folder}/${n}`)];
    const at = await placeOf(world, files, new RegExp(`^\\s*(?:${wrong.join('|')})\\b`, 'i'));
    const said = wrong.map((name) => `${name} is ${now.get(name.toLowerCase())}`);
    const fault = (fix: string): HostFault => ({
      severity: 'fatal',
      message: `sshd: ${said.join(', ')}`,
      fix,
      at,
    });
    const why = (await whyNotTaken(world)) ?? (await whyLockedOut(world, now));
    if (why !== null) return unmended(fault(`Not mended, because ${why}`));
    return {
      fault: fault(`clincher host harden ${this.id} writes ${own}.`),
      changes: [
        { kind: 'run', does: null, undoes: reload },
        { kind: 'file', path: own, text },
        { kind: 'run', does: sshdTest(world), undoes: null },
        { kind: 'run', does: reload, undoes: null },
      ],
    };
  },
};

const reload = ['systemctl', 'try-reload-or-restart', 'ssh.service'];

function sshdTest(world: HostWorld): string[] {
  return [program, '-t', '-f', join(world.root, main)];
}

/**
 * What sshd says that holds, by setting in lower case; null where there is no sshd, a text where it
 * refuses its own file. `instead` is judged in place of the file.
 */
export async function sshdSettings(
  world: HostWorld,
  instead?: string,
): Promise<SshdSettings | string | null> {
  const file = instead ?? join(world.root, main);
  // With this, blocks that match the one who asks are taken into account.
  const who = `user=${world.user},host=localhost,addr=192.0.2.1`;
  const { code, stdout, tail } = await world.run([program, '-T', '-f', file, '-C', who]);
  if (code === 127) return null;
  if (code !== 0) return tail;
  const settings = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const [, name = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

function faultsIn(settings: SshdSettings): readonly string[] {
  const isWrong = ([name, value, also = []]: (typeof wanted)[number]) => {
    const said = settings.get(name.toLowerCase())?.[0];
    return said !== undefined && said !== value && !also.includes(said);
  };
  return wanted.filter(isWrong).map(([name]) => name);
}

/** Tried on a copy: the host's own file is not touched before this has said yes. */
async function whyNotTaken(world: HostWorld): Promise<string | null> {
  const config = (await readHostFile(world, main)) ?? '';
  const include = config
    .split('\n')
    .findIndex((line) => /^\s*Include\s.*sshd_config\.d/i.test(line));
  const names = wanted.map(([name]) => name).join('|');
  const first = config
    .split('\n')
    .findIndex((line) => new RegExp(`^\\s*(?:${names}|Match)\\b`, 'i').test(line));
  if (include < 0 || (first >= 0 && first < include)) {
    return `${main} does not begin with: Include ${folder}/*.conf`;
  }
  const staging = await mkdtemp(join(tmpdir(), 'clincher-sshd-'));
  try {
    const copy = join(staging, 'sshd_config');
    await writeFile(copy, `${text}${config}`, { mode: 0o600 });
    const then = await sshdSettings(world, copy);
    if (then === null || typeof then === 'string') return `sshd refuses it: ${then}`;
    const left = faultsIn(then);
    return left.length === 0 ? null : `a Match block of ${main} sets ${left.join(', ')} otherwise`;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function unreadable(said: string): HostFault {
  return {
    severity: 'fatal',
    message: `sshd refuses its own configuration: ${said}`,
    fix: 'Mend that first: a restart of sshd would end it.',
    at: { file: main, line: 0, column: 0 },
  };
}
