// Limits as data, and control groups in a folder that stands in for the kernel's.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCgroup } from './cgroup.ts';
import { openCgroupHome } from './cgroup-home.ts';
import { cgroupWrites, prlimitArgv } from './limits.ts';

const limits = { memoryBytesMax: 1024 ** 3, cpusMax: 1.5, processesMax: 64, filesMax: 1024 };

test('every mechanism bounds memory, processes and descriptors; control groups bound the processor too', () => {
  assert.deepEqual(cgroupWrites('cgroup2', limits), [
    { file: 'memory.max', value: '1073741824' },
    { file: 'memory.swap.max', value: '0' },
    { file: 'pids.max', value: '64' },
    { file: 'cpu.max', value: '150000 100000' },
  ]);
  assert.deepEqual(cgroupWrites('cgroup1', limits), [
    { file: 'memory/memory.limit_in_bytes', value: '1073741824' },
    { file: 'pids/pids.max', value: '64' },
    { file: 'cpu/cpu.cfs_period_us', value: '100000' },
    { file: 'cpu/cpu.cfs_quota_us', value: '150000' },
  ]);
  assert.deepEqual(prlimitArgv('cgroup2', limits, 42), [
    ...['prlimit', '--pid', '42', '--core=0', '--nofile=1024', '--fsize=4294967296'],
  ]);
  assert.deepEqual(prlimitArgv('rlimit', limits, 42).slice(-2), [
    '--nproc=64',
    '--data=2147483648',
  ]);
});

test('cgroup v2 is taken where its controllers are offered, with a group per service below ours', () => {
  const root = mkdtempSync(join(tmpdir(), 'clincher-test-'));
  const home = join(root, 'clincher-x');
  mkdirSync(join(home, 'llm'), { recursive: true });
  for (const folder of [root, home]) {
    writeFileSync(join(folder, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  }
  assert.deepEqual(openCgroupHome('clincher-x', root), { mechanism: 'cgroup2', folders: [home] });
  assert.equal(read(home, 'cgroup.subtree_control'), '+memory +pids +cpu');
  const group = openCgroup({ mechanism: 'cgroup2', folders: [home] }, 'llm', limits);
  group.add(42);
  assert.equal(read(home, 'llm/memory.max'), '1073741824');
  assert.equal(read(home, 'llm/cpu.max'), '150000 100000');
  assert.equal(read(home, 'llm/cgroup.procs'), '42');
  assert.equal(group.oomKills(), 0);
  writeFileSync(join(home, 'llm/memory.events'), 'low 0\noom 3\noom_kill 2\n');
  assert.equal(group.oomKills(), 2);
  rmSync(root, { recursive: true });
});

test('without a control group of ours, the limits of processes are what is left', () => {
  const home = openCgroupHome('clincher-x', '/nowhere');
  assert.deepEqual(home, { mechanism: 'rlimit', folders: [] });
  assert.equal(openCgroup(home, 'llm', limits).oomKills(), 0);
});

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
