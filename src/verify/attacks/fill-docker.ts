// What of the Docker proxy's attacks holds for this stack: which calls are refused, and for what,
// is its caller's profile.

import type { ServicePlan } from '../../plan/model.ts';
import type { Reason } from '../../policy/reasons.ts';
import type { Edge } from '../../topology/model.ts';
import type { WireAttack } from './model.ts';

/** A path that nobody can read is refused whatever the profile is. */
const ofAll: readonly Reason[] = ['docker-path-unclear'];
/** And what a sandbox has no use for, by who has less than a sandbox. */
const ofLess: readonly Reason[] = [...ofAll, 'docker-call-denied'];

/** Null where the caller's profile allows what it tries, or refuses it for another reason. */
export function fillDocker({ bytes, reason }: WireAttack, edge: Edge, guard: ServicePlan) {
  const { profile: common = '', callers = {} } = guard.settings as {
    readonly profile?: string;
    readonly callers?: Readonly<Record<string, { readonly profile?: string }>>;
  };
  const profile = callers[edge.from]?.profile ?? common;
  if (profile === 'sandbox') return bytes;
  const reasons = ['exec-only', 'handshake'].includes(profile) ? ofLess : ofAll;
  return reasons.includes(reason) ? bytes : null;
}
