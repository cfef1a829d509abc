// What is tried from outside, at the one door that people use.

import type { WireTable } from '../model.ts';
import { bearerAttacks, requestAttacks, upgradeAttacks } from './requests.ts';

const table = { kind: 'wire', guard: 'ingress' } as const;

export const ingressTables: readonly WireTable[] = [
  {
    ...table,
    class: 'ingress-requests',
    property:
      'What two servers could read in two ways, or a page of another origin sent, ends here.',
    attacks: requestAttacks,
  },
  {
    ...table,
    class: 'ingress-upgrades',
    property: 'A connection becomes a WebSocket or nothing.',
    attacks: upgradeAttacks,
  },
  {
    ...table,
    class: 'ingress-tokens',
    property: 'A route with a token is closed without it, whatever a request says of itself.',
    attacks: bearerAttacks,
  },
];
