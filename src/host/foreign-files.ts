// What a process in a jail holds of the host's files: descriptors, and its root and working folder.
// An open folder of the host is a way out of any jail, whatever is mounted in it.

import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** O_PATH, open(2): names a file without opening it. The same on x86-64 and arm64. */
const onlyPath = 0o10000000;
/** Kinds without a path: nothing is reached by them that is not theirs. */
const pathless = /^(pipe|socket|anon_inode|\/memfd):|^\/(dev\/zero|SYSV\w+|\[aio\]) \(deleted\)$/;
/** Major numbers, null(4) and pts(4). */
const [memoryMajor, firstTerminalMajor, lastTerminalMajor] = [1, 136, 143];

/**
 * Paths or kinds as the kernel names them (`/etc`, `net:[4026531840]`), of files whose mount is not
 * one of the process's own. Empty when the process ends meanwhile.
 */
export function foreignFiles(pid: number): string[] {
  try {
    const own = mountIds(pid);
    const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`);
    const held = [...descriptors, 'cwd', 'root'];
    return held.flatMap((place) => foreignAt(`/proc/${pid}/${place}`, own));
  } catch (error) {
    if (hasGone(error)) return [];
    throw error;
  }
}

function mountIds(pid: number): ReadonlySet<string> {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  return new Set(lines.map((line) => line.split(' ')[0] ?? ''));
}

function foreignAt(place: string, own: ReadonlySet<string>): string[] {
  let file: number | null = null;
  try {
    const link = readlinkSync(place);
    if (pathless.test(link)) return [];
    file = openSync(place, onlyPath);
    const mount = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8'))?.[1];
    return own.has(mount ?? '') || isHarmless(file) ? [] : [link];
  } catch (error) {
    if (hasGone(error)) return [];
    throw error;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Devices of memory (null, zero), and the terminal that was made for `clincher openclaw`. */
function isHarmless(file: number): boolean {
  const found = fstatSync(file);
  if (!found.isCharacterDevice()) return false;
  // dev_t as makedev(3) has it, for the numbers in question.
  const major = (found.rdev >> 8) & 0xfff;
  const minor = found.rdev & 0xff;
  const isTerminal = major >= firstTerminalMajor && major <= lastTerminalMajor;
  return isTerminal || (major === memoryMajor && [3, 5, 7, 8, 9].includes(minor));
}

function hasGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}
