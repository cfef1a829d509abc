// Files of this machine that a service is given: in a swarm each comes along as a config of its
// task, as far as Swarm takes one. What is larger stays a file of this machine, and is refused.

import { readFile, stat } from 'node:fs/promises';
import type { ServicePlan } from '../../plan/model.ts';

/** Of one config, for engines of every age. */
const configBytesMax = 500 * 1_000;

/** The same plan, told as a rendered file what it would be given as a mount. */
export async function withCarriedFiles(plan: ServicePlan): Promise<ServicePlan> {
  const read = await Promise.all(
    plan.mounts.map(async (mount) => ({ mount, content: await textOf(mount.source) })),
  );
  const carried = read.flatMap(({ mount, content }) =>
    content === null ? [] : [{ path: mount.target, content }],
  );
  if (carried.length === 0) return plan;
  return {
    ...plan,
    mounts: read.flatMap(({ mount, content }) => (content === null ? [mount] : [])),
    files: [...plan.files, ...carried],
  };
}

/** Null for what is no file, no text, or too much. */
async function textOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile() || found.size > configBytesMax) return null;
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : null;
}
