// Limits as the kernel writes them, in both versions of control groups, and users as namespaces
// count them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../testing/temp-dir.ts';
import { usersOf } from './inspect.ts';
import { parseProcessLimits, readGroupLimits } from './read-limits.ts';

const text = `Limit                     Soft Limit           Hard Limit           Units
Max data size             unlimited            unlimited            bytes
Max processes             64                   96365                processes
Max open files            1024                 1048576              files
`;

test('limits of a process are the soft ones; what has none is infinite', () => {
  assert.deepEqual(parseProcessLimits(text), {
    files: 1_024,
    processes: 64,
    dataBytes: Number.POSITIVE_INFINITY,
  });
});

function limitsFrom(cgroup: string, files: Readonly<Record<string, string>>) {
  using folder = tempDir();
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content);
  };
  write('proc/7/cgroup', cgroup);
  for (const [path, content] of Object.entries(files)) write(`root/${path}`, content);
  return readGroupLimits(7, join(folder.path, 'root'), join(folder.path, 'proc'));
}

test('limits of a group are read from one tree, or from one for each controller', () => {
  const expected = { memoryBytes: 4_096, processes: 64, cpus: 0.5 };
  const unified = {
    'a/b/memory.max': '4096\n',
    'a/b/pids.max': '64',
    'a/b/cpu.max': '50000 100000',
  };
  assert.deepEqual(limitsFrom('0::/a/b\n', unified), expected);
  const apart = {
    'memory/a/memory.limit_in_bytes': '4096',
    'pids/a/pids.max': '64',
    'cpu/a/cpu.cfs_quota_us': '50000',
    'cpu/a/cpu.cfs_period_us': '100000',
  };
  assert.deepEqual(limitsFrom('4:memory:/a\n3:pids:/a\n2:cpu,cpuacct:/a\n', apart), expected);
});

test('a group without a bound bounds nothing', () => {
  const free = { 'a/memory.max': 'max', 'a/pids.max': 'max', 'a/cpu.max': 'max 100000' };
  assert.equal(limitsFrom('0::/a\n', free), null);
  const memory = { 'memory/a/memory.limit_in_bytes': '9223372036854771712' };
  assert.equal(limitsFrom('4:memory:/a\n', memory), null);
  assert.equal(limitsFrom('0::/elsewhere\n', {}), null);
});

test('users are told as their own namespace counts them', () => {
  const status = 'Name:\tx\nUid:\t0\t0\t0\t5\n';
  assert.deepEqual(
    usersOf(status, '      1000          0          1\n'),
    [1_000, 1_000, 1_000, 65_534],
  );
  assert.deepEqual(usersOf(status, '0 0 4294967295\n'), [0, 0, 0, 5]);
});
