// The filter is judged twice: by reading it as the kernel does, and by the kernel.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Call, tinyProgram } from '../../kit/tiny-program.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { filteredMachines, systemCallFilter } from './system-calls.ts';

const allowed = 0x7fff0000;
const refusal = (errno: number) => 0x00050000 + errno;

/** Classic BPF, as far as the filter uses it: Documentation/networking/filter.rst. */
function judge(filter: Buffer, arch: number, call: number, firstArgument: number): number {
  const data = new Map([
    [0, call],
    [4, arch],
    [16, firstArgument],
  ]);
  let loaded = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const [kind, value] = [filter.readUInt16LE(at), filter.readUInt32LE(at + 4)];
    if (kind === 0x06) return value;
    if (kind === 0x20) loaded = data.get(value) ?? assert.fail(`loads ${value}`);
    else {
      const holds = kind === 0x15 ? loaded === value : loaded >= value;
      at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
    }
  }
  return assert.fail('it runs off its end');
}

const rows: readonly (readonly [
  string,
  machine: string,
  call: number,
  argument: number,
  number,
])[] = [
  ['a vsock', 'x64', 41, 40, refusal(97)],
  ['a vsock', 'arm64', 198, 40, refusal(97)],
  ['a pair of another family', 'x64', 53, 30, refusal(97)],
  ['a pair of another family', 'arm64', 199, 30, refusal(97)],
  ['the crypto of the kernel', 'arm64', 198, 38, refusal(97)],
  ['a Unix socket', 'x64', 41, 1, allowed],
  ['an IPv6 socket', 'arm64', 198, 10, allowed],
  ['io_uring', 'x64', 425, 0, refusal(38)],
  ['io_uring', 'arm64', 427, 0, refusal(38)],
  ['keyctl', 'x64', 250, 0, refusal(1)],
  ['keyctl', 'arm64', 219, 0, refusal(1)],
  ['a socket by its x32 number', 'x64', 0x40000000 + 41, 40, refusal(38)],
  ['read', 'x64', 0, 40, allowed],
  ['read', 'arm64', 63, 40, allowed],
];

for (const [name, machine, call, argument, expected] of rows) {
  test(`${name} on ${machine} is ${expected === allowed ? 'allowed' : 'refused'}`, () => {
    const { arch } = filteredMachines[machine] ?? assert.fail(machine);
    const filter = systemCallFilter(machine) ?? assert.fail(machine);
    assert.equal(judge(filter, arch, call, argument), expected);
  });
}

/** EPERM for what no service needs; ENOSYS for io_uring, so that programs do without. */
const denied = {
  x64: { refused: [248, 249, 250, 298, 321, 323], missing: [425, 426, 427] },
  arm64: { refused: [217, 218, 219, 241, 280, 282], missing: [425, 426, 427] },
} as const;

for (const [machine, { refused, missing }] of Object.entries(denied)) {
  test(`each of the calls that no service needs is refused on ${machine}`, () => {
    const { arch } = filteredMachines[machine] ?? assert.fail(machine);
    const filter = systemCallFilter(machine) ?? assert.fail(machine);
    for (const call of refused) assert.equal(judge(filter, arch, call, 0), refusal(1), `${call}`);
    for (const call of missing) assert.equal(judge(filter, arch, call, 0), refusal(38), `${call}`);
  });
}

test('the numbers of another machine are refused, whatever they mean there', () => {
  const filter = systemCallFilter('x64') ?? assert.fail('x64');
  assert.equal(judge(filter, 0x40000003, 359, 40), refusal(38));
  assert.equal(systemCallFilter('mips'), null);
});

test('the kernel refuses what the filter says, and nothing else of it', () => {
  using folder = tempDir();
  const attempts: readonly (readonly [Call, withFilter: number])[] = [
    [{ name: 'io_uring_setup', args: [1, 0] }, 38],
    [{ name: 'keyctl', args: [0, -3, 0] }, 1],
    [{ name: 'socket', args: [1, 1, 0] }, 0],
  ];
  const filter = join(folder.path, 'filter');
  writeFileSync(filter, systemCallFilter(process.arch) ?? assert.fail(process.arch));
  for (const [call, withFilter] of attempts) {
    const program = join(folder.path, call.name);
    writeFileSync(program, tinyProgram(process.arch, [call]) ?? assert.fail(), { mode: 0o700 });
    const run = (options: readonly string[]) => {
      const fd = openSync(filter, 'r');
      const argv = [
        '--unshare-user',
        '--ro-bind',
        folder.path,
        '/p',
        ...options,
        `/p/${call.name}`,
      ];
      const { status } = spawnSync('bwrap', argv, { stdio: ['ignore', 'ignore', 'inherit', fd] });
      closeSync(fd);
      return status;
    };
    if (withFilter !== 0) assert.notEqual(run([]), withFilter, `${call.name} without the filter`);
    assert.equal(run(['--seccomp', '3']), withFilter, call.name);
  }
});
