// A network namespace with nothing but loopback, for a benchmark to run itself in.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'CLINCHER_BENCH_FOLDER';

/**
 * Starts this program again where there is no network, and `work` there, in a folder that is
 * removed after. `hosts`, when it is given, is what the hosts file says in there.
 */
export async function inNamespace(
  work: (folder: string) => Promise<void>,
  hosts: string | null = null,
): Promise<void> {
  const within = process.env[variable];
  if (within !== undefined) return work(within);
  const folder = mkdtempSync(join(tmpdir(), 'clincher-bench-'));
  if (hosts !== null) writeFileSync(join(folder, 'hosts'), hosts);
  const script = [
    'ip link set lo up',
    ...(hosts === null ? [] : [`mount --bind "$${variable}/hosts" /etc/hosts`]),
    'ulimit -n "$(ulimit -H -n)"',
    'exec "$0" "$@"',
  ].join(' && ');
  const args = ['--user', '--map-root-user', '--net', '--mount', '--', 'sh', '-c', script];
  const result = spawnSync('unshare', [...args, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [variable]: folder },
  });
  rmSync(folder, { recursive: true });
  process.exitCode = result.status ?? 3;
}
