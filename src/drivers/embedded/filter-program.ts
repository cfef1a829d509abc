// A program that sets the jails' filter of system calls and goes on as another: who joins a jail
// from outside is then held as what runs in it is. No program of the system does that alone.

import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { dataAddress, tinyProgram } from '../../kit/tiny-program.ts';
import { systemCallFilter } from './system-calls.ts';

/** Of linux/seccomp.h. */
const SECCOMP_SET_MODE_FILTER = 1;
/** struct sock_fprog: a count and, at the next multiple of a pointer's size, where they are. */
const headBytes = 16;
const instructionBytes = 8;

/** Writes it and gives the path back; null on a machine whose jails have no filter. */
export function keepFilterProgram(path: string): string | null {
  const elf = filterProgram(process.arch);
  if (elf === null) return null;
  // In one step: another process may be running the one that is there.
  const next = `${path}.${randomUUID()}`;
  writeFileSync(next, elf, { mode: 0o700, flag: 'wx' });
  renameSync(next, path);
  return path;
}

function filterProgram(machine: string): Buffer | null {
  const filter = systemCallFilter(machine);
  if (filter === null) return null;
  const head = Buffer.alloc(headBytes);
  head.writeUInt16LE(filter.length / instructionBytes, 0);
  head.writeBigUInt64LE(BigInt(dataAddress + headBytes), 8);
  const set = [SECCOMP_SET_MODE_FILTER, 0, Buffer.concat([head, filter])];
  return tinyProgram(machine, [{ name: 'seccomp', args: set }], { thenRuns: true });
}
