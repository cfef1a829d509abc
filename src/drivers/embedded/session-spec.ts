// One command of a sandbox as data: the bubblewrap arguments of its jail. Pure. The same
// namespaces, masks and filter as a service has, the system's programs, and of everything else two
// folders.

import type { JailOrder } from '../../kit/jail-order.ts';
import type { JailsPlan } from '../../plan/model.ts';
import type { MachineFacts } from './machine-facts.ts';
import { type JailSpec, kernelViews, namespaces, systemWithTools } from './steps.ts';

/** Host folders of one scope. */
export interface ScopeFolders {
  readonly workspace: string;
  readonly temporary: string;
}

const mebibyte = 1024 * 1024;

export function sessionSpec(
  service: string,
  jails: JailsPlan,
  order: JailOrder,
  folders: ScopeFolders,
  etc: string,
  machine: MachineFacts,
): JailSpec {
  const { workspace } = jails;
  const environment = {
    HOME: workspace,
    LANG: 'C.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...(order.terminal === null ? {} : { TERM: 'xterm-256color' }),
  };
  const files = ['passwd', 'group', 'nsswitch.conf', 'hosts'];
  return {
    service: `${service} (${order.scope})`,
    options: [
      ...namespaces(service, 'none'),
      '--clearenv',
      ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
      ...systemWithTools,
      ...files.flatMap((file) => ['--ro-bind', `${etc}/${file}`, `/etc/${file}`]),
      ...kernelViews(machine, 64 * mebibyte),
      // Between two commands of a scope there is a folder that stays: the first puts its script
      // there, the second runs it.
      ...['--bind', folders.temporary, '/tmp', '--bind', folders.workspace, workspace],
      ...jails.tmpfs.flatMap((path) => ['--size', String(64 * mebibyte), '--tmpfs', path]),
      ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', workspace],
    ],
    argv: ['/bin/sh', '-c', ...shellArguments(order)],
  };
}

/** script(1) makes the terminal inside, so nothing outside holds one end of it. */
function shellArguments({ command, terminal }: JailOrder): string[] {
  if (terminal === null) return [command];
  const size = `stty cols ${terminal.columns} rows ${terminal.rows} 2>/dev/null`;
  const take = 'command=$CLINCHER_COMMAND; unset CLINCHER_COMMAND';
  const within = `${size}; ${take}; exec /bin/sh -c "$command"`;
  const outer = 'CLINCHER_COMMAND=$1 SHELL=/bin/sh exec script -qefc "$0" /dev/null';
  return [outer, within, command];
}
