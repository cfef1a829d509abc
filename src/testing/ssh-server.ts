// Debian's sshd and fail2ban for the tests, unpacked into .cache: nothing is installed, and none is
// ever started outside a network of a test's own.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { runCommand } from '../kit/run-command.ts';
import { checkout } from './source-tree.ts';

export const sshServerRoot = join(checkout, '.cache', 'ssh-server');
export const sshdProgram = join(sshServerRoot, 'usr/sbin/sshd');
const packages = ['openssh-server', 'libwrap0', 'fail2ban'];

/** Resolves to whether there was anything to do; the rest of what they need every Debian has. */
export async function installSshServer(run: typeof runCommand): Promise<boolean> {
  if (existsSync(sshdProgram)) return false;
  const made = `${sshServerRoot}.new-${process.pid}`;
  await mkdir(made, { recursive: true });
  try {
    await must(run, ['apt-get', 'download', '-q', ...packages], made);
    for (const name of await readdir(made)) {
      if (name.endsWith('.deb')) await must(run, ['dpkg-deb', '--extract', name, '.'], made);
    }
    await rename(made, sshServerRoot);
    return true;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function must(run: typeof runCommand, argv: readonly string[], cwd: string): Promise<void> {
  const { code, tail } = await run(argv, { cwd });
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${tail}`);
}

/** With which the unpacked programs find their libraries and modules. */
export function sshServerEnvironment(): Record<string, string> {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  return {
    PATH: `${join(sshServerRoot, 'usr/bin')}:${process.env.PATH}:/usr/sbin:/sbin`,
    LD_LIBRARY_PATH: join(sshServerRoot, 'usr/lib', triplet ?? ''),
    PYTHONPATH: join(sshServerRoot, 'usr/lib/python3/dist-packages'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/**
 * What sshd wants of its machine, in the mount namespace that a test with a network of its own has,
 * where /run is the test's own too: a user without rights, a folder, and who may log in.
 */
export async function prepareForSshd(users: readonly string[] = []): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clincher-passwd-'));
  const lines = ['sshd:x:65500:65534::/run/sshd:/usr/sbin/nologin', ...users];
  const passwd = readFileSync('/etc/passwd', 'utf8').trimEnd();
  const others = passwd.split('\n').filter((line) => !line.startsWith('sshd:'));
  await writeFile(join(folder, 'passwd'), `${[...others, ...lines].join('\n')}\n`);
  mount('--bind', join(folder, 'passwd'), '/etc/passwd');
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}
