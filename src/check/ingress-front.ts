// What stands in front of the ingress is known by its addresses; with none, either everybody or
// nobody would be let in, and it is nobody.

import type { Check } from './check.ts';

export const ingressFront: Check = {
  id: 'ingress-front',
  invariant: 'Where something stands in front of ingress, its addresses are known.',
  because: 'Whoever may connect past it meets none of its rules, and says who they are themselves.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'ingress' || run.rules.front === undefined) continue;
      if (run.rules.front.ranges.length > 0) continue;
      yield {
        severity: 'fatal',
        about: name,
        message: `the addresses of what stands in front of ${name} are not known, so nobody could come in`,
        fix: 'Fetch them: clincher cloudflare ranges',
        at,
      };
    }
  },
};
