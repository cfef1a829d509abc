// Whether the state directory can be used: ours, ours alone, writable, with some room on its disk.

import { chmodSync, lstatSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finding } from '../../host/preflight-finding.ts';
import type { Finding } from '../../kit/finding.ts';

const mebibyte = 1024 * 1024;
const room = { fatalBytes: 16 * mebibyte, warningBytes: 512 * mebibyte } as const;

/**
 * A directory that is missing is fine here: starting makes it. Modes that are too open are put
 * right.
 */
export function checkStateDir(stateDir: string, uid = process.getuid?.() ?? 0): Finding[] {
  try {
    const found = lstatSync(stateDir, { throwIfNoEntry: false });
    if (found === undefined) return [];
    if (!found.isDirectory()) return [unusable(stateDir, 'it is not a directory')];
    if (found.uid !== uid) {
      return [unusable(stateDir, `it belongs to user ${found.uid}, and you are user ${uid}`)];
    }
    if ((found.mode & 0o077) !== 0) chmodSync(stateDir, 0o700);
    tryWriting(stateDir);
    return checkRoom(stateDir);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [code === 'ENOSPC' ? diskFull(stateDir, 0) : unusable(stateDir, message)];
  }
}

function tryWriting(stateDir: string): void {
  const file = join(stateDir, `.try-${process.pid}`);
  try {
    writeFileSync(file, 'can this be written?\n', { mode: 0o600 });
  } finally {
    rmSync(file, { force: true });
  }
}

function checkRoom(stateDir: string): Finding[] {
  const { bavail, bsize } = statfsSync(stateDir);
  const free = bavail * bsize;
  if (free < room.fatalBytes) return [diskFull(stateDir, free)];
  if (free >= room.warningBytes) return [];
  return [{ ...diskFull(stateDir, free), severity: 'warning' }];
}

function diskFull(stateDir: string, freeBytes: number): Finding {
  const free = Math.floor(freeBytes / mebibyte);
  return finding(
    'disk-full',
    'fatal',
    stateDir,
    `the disk that holds ${stateDir} has ${free} MiB left`,
    'Free some space there, or name another state directory with --state DIR.',
  );
}

function unusable(stateDir: string, why: string): Finding {
  return finding(
    'state-unusable',
    'fatal',
    stateDir,
    `the state directory ${stateDir} cannot be used: ${why}`,
    'Name another with --state DIR, or run as the user it belongs to.',
  );
}
