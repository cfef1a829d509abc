// Every secret has somebody who reads it, and whatever is read is declared.

import type { Check } from './check.ts';

export const secretHolders: Check = {
  id: 'secret-holders',
  invariant: 'Every secret has a holder, and every secret that is held is declared.',
  because:
    'A secret nobody needs can only leak; one that is not declared has no owner to renew it.',
  *find({ topology, secrets }) {
    const held = new Set<string>();
    for (const { name: service, holds, at } of topology.services) {
      for (const name of holds) {
        held.add(name);
        if (secrets.has(name)) continue;
        yield {
          severity: 'fatal',
          about: service,
          message: `${service} holds the secret "${name}", which is not declared`,
          fix: 'Declare the secret, or take it from the service.',
          at,
        };
      }
    }
    for (const { name, at } of topology.secrets) {
      if (held.has(name)) continue;
      yield {
        severity: 'warning',
        about: name,
        message: `nothing reads the secret ${name}`,
        fix: 'Remove it.',
        at,
      };
    }
  },
};
