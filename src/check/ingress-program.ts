// What the program in place of our own server cannot do, by name: who chose it may not know.

import {
  type IngressProperty,
  ingressLacks,
  ingressVersionsMin,
  isAtLeast,
  lackOf,
} from '../policy/ingress-programs.ts';
import type { Check } from './check.ts';

export const ingressProgram: Check = {
  id: 'ingress-program',
  invariant: 'Whatever does the work of ingress does all of it.',
  because:
    'A bound that its reader takes for kept, and that the program does not know, is no bound: ' +
    'a client without one takes all that there is.',
  *find({ topology }) {
    for (const { name: about, run, at } of topology.services) {
      if (run.role !== 'ingress' || run.program === undefined) continue;
      const { name, version } = run.program;
      const oldest = ingressVersionsMin[name];
      if (version !== null && !isAtLeast(version, oldest)) {
        yield {
          severity: 'fatal',
          about,
          message: `${name} ${version} is older than ${oldest}, the oldest that is known to do it`,
          fix: `Install a newer ${name}, or leave out \`program\`.`,
          at,
        };
      }
      const missing = (Object.keys(ingressLacks[name]) as IngressProperty[]).flatMap((property) => {
        const why = lackOf(name, version ?? oldest, property);
        return why === null ? [] : `${property} (${why})`;
      });
      const which = version === null ? name : `${name} ${version}`;
      yield {
        severity: 'warning',
        about,
        message: `of what our own server does ${which} does not do: ${missing.join('; ')}`,
        fix:
          'What each is: docs/reference/ingress-programs.md; ' +
          'where `ingress` names no program all of it is done.',
        at,
      };
    }
  },
};
