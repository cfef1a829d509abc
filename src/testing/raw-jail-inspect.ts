// Reads a raw jail's processes from outside, out of /proc: what Driver.inspect() promises.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { InspectedMount, InspectedProcess } from '../drivers/driver.ts';
import { foreignFiles } from '../host/foreign-files.ts';
import { usersOf } from '../host/inspect.ts';
import { parseProcessLimits } from '../host/read-limits.ts';

/** Every process in the pid namespace whose first process is `pid`, that one first. */
export function processesBelow(pid: number): number[] {
  const wanted = readlinkSync(`/proc/${pid}/ns/pid`);
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((each) => linkOf(`/proc/${each}/ns/pid`) === wanted);
}

export function inspectProcess(pid: number): InspectedProcess {
  const status = new Map(
    read(pid, 'status')
      .split('\n')
      .map((line): [string, string] => {
        const [name = '', value = ''] = line.split(':\t');
        return [name, value];
      }),
  );
  const kinds = ['user', 'pid', 'net', 'ipc', 'uts', 'mnt', 'cgroup'];
  return {
    pid,
    argv: read(pid, 'cmdline').split('\0').slice(0, -1),
    env: Object.fromEntries(
      read(pid, 'environ')
        .split('\0')
        .filter((entry) => entry.includes('='))
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
    capabilities: {
      inheritable: status.get('CapInh') ?? '',
      permitted: status.get('CapPrm') ?? '',
      effective: status.get('CapEff') ?? '',
      bounding: status.get('CapBnd') ?? '',
      ambient: status.get('CapAmb') ?? '',
    },
    users: usersOf(read(pid, 'status'), read(pid, 'uid_map')),
    limits: parseProcessLimits(read(pid, 'limits')),
    noNewPrivileges: status.get('NoNewPrivs') === '1',
    filtersSystemCalls: status.get('Seccomp') === '2',
    joined: false,
    namespaces: Object.fromEntries(kinds.map((kind) => [kind, linkOf(`/proc/${pid}/ns/${kind}`)])),
    mounts: read(pid, 'mountinfo').trim().split('\n').map(mountOf),
    foreignFiles: foreignFiles(pid),
  };
}

function mountOf(line: string): InspectedMount {
  const [before = '', after = ''] = line.split(' - ');
  const fields = before.split(' ');
  return {
    source: fields[3] ?? '',
    target: fields[4] ?? '',
    type: after.split(' ')[0] ?? '',
    readOnly: !(fields[5] ?? '').split(',').includes('rw'),
  };
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
