// Bounds of the ingress that do not hold what their reader believes they do.

import type { Check } from './check.ts';

export const ingressLimits: Check = {
  id: 'ingress-limits',
  invariant:
    'A client of ingress is bounded in how often it asks and in how much of ingress it takes.',
  because: 'Who asks as often as they like tries tokens all day, and keeps everybody else out.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'ingress') continue;
      const { limits, rate, front } = run.rules;
      const { connectionsMax, connectionsPerClientMax: ofOne } = limits;
      if (rate === null) {
        yield {
          severity: 'warning',
          about: name,
          message: `a client may ask ${name} as often as it likes`,
          fix: 'Take `rate: false` out of `ingress`, or give it a number.',
          at,
        };
      }
      // In front, one address is everybody.
      if (front === undefined && ofOne >= connectionsMax) {
        yield {
          severity: 'warning',
          about: name,
          message: `one client may have ${ofOne} connections to ${name}, which has ${connectionsMax} for all`,
          fix: 'Lower `connectionsPerClientMax`, or raise `connectionsMax`.',
          at,
        };
      }
    }
  },
};
