// What is tried at the Docker proxy by whoever may call it. It refuses all of it by the call alone:
// the daemon is not asked, and what the calls name is not there. Bodies of containers are not
// tried: one that came through would leave a container.

import type { WireTable } from '../model.ts';
import type { CallAttack } from './call-attack.ts';
import { forbiddenCalls } from './calls.ts';
import { wireAttacks } from './wire.ts';
import { callText, toldOnWire } from './write.ts';
import { hiddenCalls } from './writings.ts';

const table = { kind: 'wire', guard: 'docker-proxy' } as const;
/** Containers of no name that anybody has. */
const own = 'openclaw-sbx-clincher-nothing';
const others = 'clincher-nothing';

const attacksOf = (calls: readonly CallAttack[]) =>
  calls.map((call) => ({ tries: call.trick, bytes: callText(call), ...toldOnWire(call) }));

export const dockerTables: readonly WireTable[] = [
  {
    ...table,
    class: 'docker-calls',
    property: 'Of the Docker API there is what a sandbox needs, and nothing else.',
    attacks: attacksOf(forbiddenCalls(own, others)),
  },
  {
    ...table,
    class: 'docker-writings',
    property: 'A call is read in the one way that the daemon reads it, or not at all.',
    attacks: attacksOf(hiddenCalls(own)),
  },
  {
    ...table,
    class: 'docker-wire',
    property: 'One request is one request, and a stream nothing that was not judged.',
    attacks: wireAttacks({ own, exec: 'f'.repeat(64), victim: others }),
  },
];
