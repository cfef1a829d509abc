// What is tried at the way out, by class. The rows are also what the proxy's own tests send it.

import type { WireTable } from '../model.ts';
import { framingAttacks, steeringAttacks } from './headers.ts';
import { portAttacks, spellingAttacks, undeclaredHostAttacks } from './hosts.ts';
import { methodAttacks } from './methods.ts';
import { requestLineAttacks, targetAttacks } from './request-lines.ts';

const table = { kind: 'wire', guard: 'egress' } as const;

export const egressTables: readonly WireTable[] = [
  {
    ...table,
    class: 'egress-lines',
    property: 'A request that two readers could take in two ways is refused.',
    attacks: [...requestLineAttacks, ...targetAttacks],
  },
  {
    ...table,
    class: 'egress-framing',
    property: 'A tunnel has no body, one Host, and it is the target.',
    attacks: framingAttacks,
  },
  {
    ...table,
    class: 'egress-methods',
    property: 'There are tunnels, and nothing else.',
    attacks: methodAttacks,
  },
  {
    ...table,
    class: 'egress-spelling',
    property: 'A host has one spelling; another is refused, not repaired.',
    attacks: spellingAttacks,
    dialsCanary: true,
  },
  {
    ...table,
    class: 'egress-hosts',
    property: 'A host that no rule names is neither looked up nor dialled.',
    attacks: undeclaredHostAttacks,
    dialsCanary: true,
  },
  {
    ...table,
    class: 'egress-ports',
    property: 'An allowed host is allowed on its ports alone.',
    attacks: portAttacks,
  },
  {
    ...table,
    class: 'egress-steering',
    property: 'No header changes who the caller is or where it may go.',
    attacks: steeringAttacks,
  },
];
