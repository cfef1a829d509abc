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

interface Template {
  readonly images: readonly { readonly name: string }[];
  /** Of containers; `*` stands for any text. */
  readonly names: readonly string[];
}

interface Rules {
  readonly profile?: string;
  readonly template?: Template;
}

/** What a caller may have is what it has of its own, and what all have of the rest. */
function rulesFor(edge: Edge, { settings }: ServicePlan): Rules {
  const { callers = {}, ...common } = settings as Rules & {
    readonly callers?: Readonly<Record<string, Rules>>;
  };
  return { ...common, ...callers[edge.from] };
}

/** The template of what it may make; null for who may make nothing. */
export function sandboxesOf(edge: Edge, guard: ServicePlan): Template | null {
  const { profile, template } = rulesFor(edge, guard);
  return profile === 'sandbox' ? (template ?? null) : null;
}

/** Null where the caller's profile allows what it tries, or refuses it for another reason. */
export function fillDocker({ bytes, reason }: WireAttack, edge: Edge, guard: ServicePlan) {
  const { profile = '' } = rulesFor(edge, guard);
  if (profile === 'sandbox') return bytes;
  const reasons = ['exec-only', 'handshake'].includes(profile) ? ofLess : ofAll;
  return reasons.includes(reason) ? bytes : null;
}
