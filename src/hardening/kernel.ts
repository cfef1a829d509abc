// Settings of the kernel: those that the jails need, and those that make a way out of one harder.

import { join } from 'node:path';
import { readHostFile } from './files.ts';
import { fine, type HostItem, type HostWorld } from './model.ts';

const own = '/etc/sysctl.d/60-clincher.conf';

interface Setting {
  readonly name: string;
  readonly wanted: number;
  /** `exactly`, or anything from the wanted value up. */
  readonly holds: 'exactly' | 'at least';
  /** Without it no jail can be made by an ordinary user. */
  readonly needed?: true;
}

/** See Documentation/admin-guide/sysctl of Linux; what a kernel does not have is passed over. */
const settings: readonly Setting[] = [
  { name: 'user.max_user_namespaces', wanted: 1024, holds: 'at least', needed: true },
  { name: 'kernel.unprivileged_userns_clone', wanted: 1, holds: 'exactly', needed: true },
  {
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    wanted: 0,
    holds: 'exactly',
    needed: true,
  },
  { name: 'kernel.dmesg_restrict', wanted: 1, holds: 'at least' },
  { name: 'kernel.kptr_restrict', wanted: 1, holds: 'at least' },
  { name: 'kernel.unprivileged_bpf_disabled', wanted: 1, holds: 'at least' },
  { name: 'kernel.yama.ptrace_scope', wanted: 1, holds: 'at least' },
  { name: 'fs.protected_symlinks', wanted: 1, holds: 'at least' },
  { name: 'fs.protected_hardlinks', wanted: 1, holds: 'at least' },
  { name: 'net.ipv4.tcp_syncookies', wanted: 1, holds: 'at least' },
];

export const kernel: HostItem = {
  id: 'host-kernel',
  invariant: 'The kernel lets jails be made, and tells those in them little about itself.',
  because: 'A jail that cannot be made protects nobody; addresses of the kernel help to leave one.',
  async look(world) {
    const wrong: (Setting & { readonly now: number })[] = [];
    for (const setting of settings) {
      const now = await currentOf(world, setting.name);
      if (now !== null && !isRight(setting, now)) wrong.push({ ...setting, now });
    }
    const [first] = wrong;
    if (first === undefined) return fine;
    const lines = wrong.map(({ name, wanted }) => `${name} = ${wanted}`);
    // What an earlier run wrote stays written.
    const kept = ((await readHostFile(world, own)) ?? '')
      .split('\n')
      .filter((line) => line.includes('=') && !wrong.some(({ name }) => line.startsWith(name)));
    const text = [
      '# Written by `clincher host harden`; `clincher host harden --undo` removes it.',
      ...kept,
      ...lines,
      '',
    ].join('\n');
    return {
      fault: {
        severity: wrong.some(({ needed }) => needed) ? 'fatal' : 'warning',
        message: wrong.map(({ name, now }) => `${name} is ${now}`).join(', '),
        fix: `clincher host harden ${this.id} sets: ${lines.join(', ')}.`,
        at: { file: procPath(first.name), line: 1, column: 1 },
      },
      changes: [
        {
          kind: 'run',
          does: null,
          undoes: ['sysctl', '-w', ...wrong.map(({ name, now }) => `${name}=${now}`)],
        },
        { kind: 'file', path: own, text },
        { kind: 'run', does: ['sysctl', '-p', join(world.root, own)], undoes: null },
      ],
    };
  },
};

function isRight({ wanted, holds }: Setting, now: number): boolean {
  return holds === 'exactly' ? now === wanted : now >= wanted;
}

async function currentOf(world: HostWorld, name: string): Promise<number | null> {
  const text = (await readHostFile(world, procPath(name)))?.trim() ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

function procPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}
