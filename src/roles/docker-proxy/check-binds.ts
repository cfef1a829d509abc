// Folders of the host that a container is given: each must be a folder, with no link on the way to
// it, whenever it is used. A link would have the daemon bind what it leads to.

import { lstat, realpath } from 'node:fs/promises';
import type { HostBind, Refusal } from '../../policy/docker/model.ts';
import type { Reason } from '../../policy/reasons.ts';
import { refusalOf } from './give-refusal.ts';

export async function checkBinds(
  binds: readonly Pick<HostBind, 'hostSource'>[],
): Promise<Reason | null> {
  for (const { hostSource } of binds) {
    if (!(await isPlainFolder(hostSource))) return 'docker-bind-linked';
  }
  return null;
}

/** The daemon mounts when it starts a container, which may be long after it was made. */
export async function checkStart(inspected: unknown): Promise<Refusal | null> {
  const linked = await checkBinds(sourcesIn(inspected));
  return linked === null ? null : refusalOf(linked);
}

async function isPlainFolder(path: string): Promise<boolean> {
  try {
    return (await realpath(path)) === path && (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

function sourcesIn(inspected: unknown): { hostSource: string }[] {
  const mounts = fieldOf(inspected, 'Mounts');
  if (!Array.isArray(mounts)) return [];
  return mounts.flatMap((mount) => {
    const source = fieldOf(mount, 'Source');
    const isBind = fieldOf(mount, 'Type') === 'bind';
    return isBind && typeof source === 'string' ? [{ hostSource: source }] : [];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
