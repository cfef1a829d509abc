// The tiny programs are run here for real: what the kernel answers must come out as the exit
// status.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildAttempts, icmpAttempt, userNamespaceAttempt } from '../verify/attempts.ts';
import { tinyProgram } from './tiny-program.ts';

function run(elf: Buffer | null, wrapper: readonly string[] = []): number | null {
  assert.ok(elf !== null);
  const folder = mkdtempSync(join(tmpdir(), 'clincher-tiny-'));
  const path = join(folder, 'program');
  writeFileSync(path, elf);
  chmodSync(path, 0o700);
  const [command = path, ...args] = [...wrapper, path];
  const { status } = spawnSync(command, args);
  rmSync(folder, { recursive: true });
  return status;
}

function attempt(name: string, addresses: readonly string[] = []): Buffer {
  const found = buildAttempts(process.arch, addresses).find((one) => one.name === name);
  assert.ok(found);
  return Buffer.from(found.elfBase64, 'base64');
}

const ownNamespace = ['unshare', '--user', '--map-root-user', '--net'];
const EPERM = 1;
const EBADF = 9;
const EACCES = 13;
const EADDRNOTAVAIL = 99;
const ENETUNREACH = 101;

test('a tiny program exits with 0 when every call succeeds', () => {
  assert.equal(run(tinyProgram(process.arch, [{ name: 'socket', args: [2, 1, 0] }])), 0);
});

test('a tiny program exits with the errno of the first call that fails', () => {
  assert.equal(
    run(tinyProgram(process.arch, [{ name: 'write', args: [99, Buffer.alloc(8), 8] }])),
    EBADF,
  );
});

test('a user namespace that may be made is made', () => {
  assert.equal(run(attempt(userNamespaceAttempt)), 0);
});

test('an echo to an address without a route ends without having been sent, v4 and v6', () => {
  for (const [address, errno] of [
    ['192.0.2.1', ENETUNREACH],
    ['2001:db8::1', EADDRNOTAVAIL],
  ] as const) {
    const script = 'echo "0 0" > /proc/sys/net/ipv4/ping_group_range; exec "$0"';
    assert.equal(
      run(attempt(icmpAttempt(address), [address]), [...ownNamespace, 'sh', '-c', script]),
      errno,
    );
  }
});

test('an echo to an address that answers ends with 0, v4 and v6', () => {
  for (const address of ['127.0.0.1', '::1']) {
    const script = 'ip link set lo up; echo "0 0" > /proc/sys/net/ipv4/ping_group_range; exec "$0"';
    assert.equal(
      run(attempt(icmpAttempt(address), [address]), [...ownNamespace, 'sh', '-c', script]),
      0,
    );
  }
});

test('an echo where the kernel gives no ICMP socket ends with EACCES', () => {
  const status = run(attempt(icmpAttempt('127.0.0.1'), ['127.0.0.1']), ownNamespace);
  assert.ok(status === EACCES || status === EPERM, `exit ${status}`);
});

test('a machine without instructions gets no program', () => {
  assert.equal(tinyProgram('mips', []), null);
  assert.deepEqual(buildAttempts('mips', []), []);
});

test('the arm64 program is what an assembler makes of it', () => {
  const elf = tinyProgram('arm64', [{ name: 'unshare', args: [0x10000000] }]);
  assert.ok(elf !== null);
  const words = Array.from({ length: 14 }, (_, index) => elf.readUInt32LE(120 + index * 4));
  assert.deepEqual(
    words.map((word) => word.toString(16)),
    // movz w0,0; movk w0,#0x1000,lsl 16; movz w8,#97; movk w8,0; svc; tbz x0,#63,+20; neg w0,w0
    ['52800000', '72a20000', '52800c28', '72a00008', 'd4000001', 'b6f800a0', '4b0003e0']
      // movz w8,#93; movk w8,0; svc; mov w19,w0; movz w0,0; movk w0,0; movz w8,#93
      .concat(['52800ba8', '72a00008', 'd4000001', '2a0003f3', '52800000', '72a00000', '52800ba8']),
  );
});
