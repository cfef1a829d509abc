// What a service can have of this machine alone, and nowhere else: refused where services run on
// other machines.

import { assert } from '../kit/assert.ts';
import { ClincherError } from '../kit/error.ts';
import type { ServicePlan } from '../plan/model.ts';
import { holdsSecret } from './compose/model.ts';

export interface Elsewhere {
  /** `in a cluster` */
  readonly where: string;
  /** `a pod`: what a service is there. */
  readonly what: string;
}

/** @throws ClincherError `usage` */
export function refuseWhatIsHere(
  { name, role, mounts, folders = [], files }: ServicePlan,
  { where, what }: Elsewhere,
): void {
  assert(!files.some(({ content }) => holdsSecret(content)), `${name} is told a secret`);
  if (role === 'docker-proxy') {
    throw new ClincherError('usage', `${where} no daemon makes sandboxes for the tools`, {
      fix: 'Set `sandbox: { backend: none }`: the tools run beside the agent, as its own programs.',
    });
  }
  const [mount] = mounts;
  // What the host notes nobody writes there: it stays empty.
  const given = folders.filter(({ readOnly }) => readOnly !== true);
  if (mount === undefined && given.length === 0) return;
  throw new ClincherError('usage', `${name} needs ${mount?.source ?? 'a folder'} of this machine`, {
    fix: `Take the CA file or the model file out: ${what} gets no file of a machine.`,
  });
}
