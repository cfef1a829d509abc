// Several llm that share budgets over one Redis: each is a service of its own, with its own ledger,
// its own name among them and its own node; callers know them by one name.

import { assert } from '../../kit/assert.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ServicePlan } from '../../plan/model.ts';
import type { Topology } from '../../topology/model.ts';

/** Of 61 addresses of a network each takes one, and its node another. */
const instancesMax = 24;

export interface Instance {
  readonly plan: ServicePlan;
  readonly called: string;
}

/** @throws ClincherError `usage` */
export function instancesOf(
  plans: readonly ServicePlan[],
  { services }: Topology,
): readonly Instance[] {
  const run = services.map((each) => each.run).find(({ role }) => role === 'llm');
  const redis = run?.role === 'llm' ? run.rules.redis : null;
  const count = redis?.instances ?? 1;
  if (count > instancesMax) {
    throw new ClincherError('usage', `a swarm has at most ${instancesMax} instances of llm`, {
      fix: 'Set `redis.instances` to fewer.',
    });
  }
  const names = Array.from({ length: count }, (_, index) => `llm-${index + 1}`);
  return plans.flatMap((plan): readonly Instance[] => {
    if (redis === null || count === 1) return [{ plan, called: plan.name }];
    if (plan.role === 'metrics') return [{ plan: readingEach(plan, names), called: plan.name }];
    if (plan.role !== 'llm') return [{ plan, called: plan.name }];
    return names.map((name, index) => {
      const shared = { ...redis, instance: `${redis.instance}-${index + 1}` };
      const settings = { ...plan.settings, service: name, redis: shared };
      return { plan: { ...plan, name, settings }, called: plan.name };
    });
  });
}

/** Counters of several read as those of one would jump from one to the other. */
function readingEach(plan: ServicePlan, names: readonly string[]): ServicePlan {
  const { targets } = plan.settings as {
    readonly targets: readonly { readonly service: string; readonly admin: string }[];
  };
  const each = targets.flatMap(({ service, admin }) => {
    if (service !== 'llm') return [{ service, admin }];
    assert(admin.startsWith('tcp:llm@'), `llm is found at ${admin}`);
    return names.map((name) => ({ service: name, admin: admin.replace('llm@', `${name}@`) }));
  });
  return { ...plan, settings: { ...plan.settings, targets: each } };
}
