// Bounds what the folders of a scope hold: measured in a jail that sees them, by the system's own
// du(1), because this role sees no file of theirs.

import type { World } from '../../kit/world.ts';
import { askJail } from './ask-jail.ts';
import type { SandboxSettings } from './settings.ts';

export interface Storage {
  /** Whether the scope holds more than it may; measured when the last time is too long ago. */
  isFull(scope: string): Promise<boolean>;
  /** The next isFull() measures again. */
  forget(scope: string): void;
}

export interface Measured {
  readonly bytes: number;
  readonly files: number;
}

/**
 * A folder that its owner may not enter would hide what is in it. Both totals come from du, in this
 * order.
 */
const command = [
  'find . /tmp -type d ! -perm -u+rwx -exec chmod u+rwx {} \\;',
  'du -csB1 . /tmp | tail -n 1',
  'du -cs --inodes . /tmp | tail -n 1',
].join(' && ');
const outputBytesMax = 4_096;

export function openStorage(
  { jails, limits }: SandboxSettings,
  world: Pick<World, 'monotonicMs'>,
  onMeasured: (scope: string, measured: Measured) => void,
): Storage {
  const last = new Map<string, { readonly atMs: number; readonly full: Promise<boolean> }>();
  const measure = async (scope: string) => {
    const measured = await measureScope(jails, scope, limits.storageTimeoutMs);
    // What cannot be measured is not known to be within its bound.
    if (measured === null) return true;
    onMeasured(scope, measured);
    return measured.bytes > limits.storageBytesMax || measured.files > limits.storageFilesMax;
  };
  return {
    isFull: (scope) => {
      const known = last.get(scope);
      const nowMs = world.monotonicMs();
      if (known !== undefined && nowMs - known.atMs < limits.storageEveryMs) return known.full;
      const full = measure(scope);
      last.set(scope, { atMs: nowMs, full });
      // Asked again next time.
      full.catch(() => last.delete(scope));
      return full;
    },
    forget: (scope) => void last.delete(scope),
  };
}

/** Null when it takes too long, or a folder cannot be read. Rejects without a jail. */
async function measureScope(
  jails: string,
  scope: string,
  timeoutMs: number,
): Promise<Measured | null> {
  const order = { scope, command, terminal: null, onlyDelete: true };
  const jail = await askJail(jails, order, timeoutMs);
  const timer = setTimeout(() => jail.kill(), timeoutMs);
  let text = '';
  jail.stdin.on('error', () => {}).end();
  jail.stderr.on('error', () => {}).resume();
  jail.stdout.on('error', () => {}).setEncoding('utf8');
  jail.stdout.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, outputBytesMax);
  });
  const over = new Promise((resolve) => jail.stdout.once('close', resolve));
  const code = await jail.ended;
  clearTimeout(timer);
  await over;
  const totals = /^(\d+)\ttotal\n(\d+)\ttotal\n$/.exec(text);
  return code !== 0 || totals === null
    ? null
    : { bytes: Number(totals[1]), files: Number(totals[2]) };
}
