// What bounds a running jail, read back from its first process, so that whoever joins it can be
// given the same.

import { readFileSync } from 'node:fs';

export interface Bounds {
  /** Files of its control groups that a process is moved by. */
  readonly groups: readonly string[];
  /** Options for prlimit(1). */
  readonly limits: readonly string[];
}

/** proc_pid_limits(5): the soft limit stands in the column after the name. */
const options: Readonly<Record<string, string>> = {
  'Max core file size': 'core',
  'Max open files': 'nofile',
  'Max file size': 'fsize',
  'Max processes': 'nproc',
  'Max data size': 'data',
};

export function readBounds(pid: number, root = '/sys/fs/cgroup', proc = '/proc'): Bounds {
  const groups = readFileSync(`${proc}/${pid}/cgroup`, 'utf8').trim().split('\n');
  const limits = readFileSync(`${proc}/${pid}/limits`, 'utf8').trim().split('\n');
  return {
    groups: groups.flatMap((line) => groupOf(line, root)),
    limits: limits.flatMap(limitOf),
  };
}

/** cgroups(7): `hierarchy:controllers:path`; without controllers it is v2. Only ours are of use. */
function groupOf(line: string, root: string): string[] {
  const [, controllers = '', path = '/'] = line.split(':');
  if (!path.includes('/clincher-')) return [];
  const [controller = ''] = controllers.split(',');
  return [`${root}/${controller === '' ? '' : `${controller}/`}${path.slice(1)}/cgroup.procs`];
}

function limitOf(line: string): string[] {
  const name = Object.keys(options).find((each) => line.startsWith(each));
  const soft = name === undefined ? '' : (/^\s+(\d+)/.exec(line.slice(name.length))?.[1] ?? '');
  return name === undefined || soft === '' ? [] : [`--${options[name]}=${soft}`];
}
