// Bounds of a rule that the bounds for all make void: who wrote one believes that it holds.

import type { EgressRuleLimits } from '../policy/egress.ts';
import type { Check } from './check.ts';

/** In which the smaller value counts. */
const tightening = [
  ...['tunnelsMax', 'tunnelsPerSecondMax', 'tunnelAgeMs', 'idleTimeoutMs'],
  ...['bytesUpMax', 'bytesDownMax'],
] as const satisfies readonly (keyof EgressRuleLimits)[];

export const egressLimits: Check = {
  id: 'egress-limits',
  invariant: 'No bound of an egress rule is wider than the bound that holds for all.',
  because: 'The smaller of the two counts, so what the rule says is not what happens.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'egress') continue;
      const { limits: all, rules } = run.rules;
      for (const { caller, hosts, limits: own = {}, at: place } of rules) {
        for (const key of tightening) {
          const value = own[key];
          if (value === undefined || value <= all[key]) continue;
          yield {
            severity: 'warning',
            about: name,
            message: `${key} of ${caller} to ${hosts.join(', ')} is ${value}, and for all ${all[key]}`,
            fix: `Give \`egress.limits\` the wider ${key} and the other rules the tighter, or take it out (${place}).`,
            at,
          };
        }
      }
    }
  },
};
