// A host of a test's own: a tree of files as Debian has them, and a runner that asks the real sshd,
// nft, apt and fail2ban about that tree. What would need a running system is played by a few lines.

import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostWorld } from '../hardening/model.ts';
import { type CommandOutput, runCommand } from '../kit/run-command.ts';
import { sshdProgram, sshServerEnvironment, sshServerRoot } from './ssh-server.ts';

export interface HostTree extends HostWorld {
  /** Every command, as one line. */
  readonly calls: string[];
  write(path: string, text: string): Promise<void>;
  /** Null where there is none. */
  read(path: string): Promise<string | null>;
  /** Makes a program answer so, in place of what it would say. */
  readonly answers: Map<string, Partial<CommandOutput>>;
}

export async function hostTree(root: string): Promise<HostTree> {
  const calls: string[] = [];
  const answers = new Map<string, Partial<CommandOutput>>();
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const read = (path: string) => readFile(join(root, path), 'utf8').catch(() => null);
  const run: HostWorld['run'] = async (argv, options = {}) => {
    const line = argv.join(' ').replaceAll(root, '');
    calls.push(line);
    const planted = [...answers].find(([start]) => line.startsWith(start))?.[1];
    if (planted !== undefined) return { code: 0, stdout: '', tail: '', ...planted };
    const env = { ...sshServerEnvironment(), APT_CONFIG: join(root, 'apt-root.conf') };
    const real = { ...options, env };
    if (argv[0] === '/usr/sbin/sshd') return runCommand([sshdProgram, ...argv.slice(1)], real);
    const played = await play(argv, { root, read, write });
    if (played === null) return runCommand(argv, real);
    if (played.kind === 'did') return { code: 0, stdout: played.stdout, tail: '' };
    return runCommand(played.argv, real);
  };
  await fill(root, write);
  return { root, run, user: userInfo().username, calls, answers, write, read };
}

async function fill(root: string, write: HostTree['write']): Promise<void> {
  const key = join(root, 'etc/ssh/host_key');
  await mkdir(dirname(key), { recursive: true });
  await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await write(
    '/etc/ssh/sshd_config',
    [
      `Include ${root}/etc/ssh/sshd_config.d/*.conf`,
      `HostKey ${key}`,
      'UsePAM no',
      'X11Forwarding yes',
      '',
    ].join('\n'),
  );
  await write('/etc/ssh/sshd_config.d/50-cloud-init.conf', 'PasswordAuthentication yes\n');
  await write(
    '/etc/passwd',
    `${userInfo().username}:x:${process.getuid?.()}:0::/home/me:/bin/sh\n`,
  );
  await write('/apt-root.conf', `Dir "${root}/";\nDir::Etc "etc/apt";\n`);
  await mkdir(join(root, 'etc/apt/apt.conf.d'), { recursive: true });
  await cp(join(sshServerRoot, 'etc/fail2ban'), join(root, 'etc/fail2ban'), { recursive: true });
  for (const [name, value] of Object.entries(kernelOfTheTree)) {
    await write(`/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`);
  }
}

const kernelOfTheTree = {
  'user.max_user_namespaces': 0,
  'kernel.dmesg_restrict': 0,
  'kernel.kptr_restrict': 2,
} as const;

type Played =
  | { readonly kind: 'did'; readonly stdout: string }
  | { readonly kind: 'instead'; readonly argv: readonly string[] };

/** Null: the real program is asked. */
async function play(
  [program = '', verb = '', ...rest]: readonly string[],
  { root, read, write }: { root: string } & Pick<HostTree, 'read' | 'write'>,
): Promise<Played | null> {
  const did = (stdout = ''): Played => ({ kind: 'did', stdout });
  const flag = async (name: string, on?: boolean) => {
    if (on !== undefined) await write(`/played/${name}`, on ? 'yes' : 'no');
    return (await read(`/played/${name}`)) ?? 'no';
  };
  if (program === 'systemctl') {
    const nft = (file: string): Played => ({
      kind: 'instead',
      argv: ['nft', '--file', join(root, 'etc/clincher', file)],
    });
    if (rest.includes('clincher-firewall.service')) {
      if (verb === 'restart') return nft('host.nft');
      if (verb === 'disable') return nft('host-off.nft');
    }
    if (verb !== 'is-active') return did();
    const unit = rest.at(-1) ?? '';
    const isUp = unit === 'fail2ban.service' && existsSync(join(root, 'played/fail2ban'));
    return { kind: 'instead', argv: [isUp ? 'true' : 'false'] };
  }
  if (program === 'timedatectl') {
    const ntp = await flag('ntp', verb === 'set-ntp' ? rest[0] === 'true' : undefined);
    return did(`CanNTP=yes\nNTP=${ntp}\n`);
  }
  if (program === 'sysctl') {
    const text = verb === '-p' ? await readFile(rest[0] ?? '', 'utf8') : rest.join('\n');
    for (const [, name = '', value = ''] of text.matchAll(/^([a-z._0-9]+) ?= ?(\d+)$/gm)) {
      await write(`/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`);
    }
    return did();
  }
  if (program !== 'apt-get') return null;
  const package_ = rest.at(-1) ?? '';
  if (package_ === 'unattended-upgrades') await write('/usr/bin/unattended-upgrade', '');
  return did();
}
