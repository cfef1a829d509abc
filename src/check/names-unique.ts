// Every name means one thing: services with externals, zones, hosts, secrets and edges.

import type { Place } from '../kit/place.ts';
import type { Check, Fault } from './check.ts';

export const namesUnique: Check = {
  id: 'names-unique',
  invariant: 'Every service, external, zone, host, secret and edge has a name of its own.',
  because: 'Of two things with one name, a rule is read for one and applied to the other.',
  *find({ topology }) {
    const edges = topology.edges.map(({ id, at }) => ({ name: id, at }));
    yield* repeated('service or external', [...topology.services, ...topology.externals]);
    yield* repeated('zone', topology.zones);
    yield* repeated('host', topology.hosts);
    yield* repeated('secret', topology.secrets);
    yield* repeated('edge', edges);
  },
};

function* repeated(
  kind: string,
  list: readonly { readonly name: string; readonly at: Place }[],
): Iterable<Fault> {
  const seen = new Set<string>();
  for (const { name, at } of list) {
    if (seen.has(name)) {
      yield {
        severity: 'fatal',
        about: name,
        message: `there are two of ${kind} "${name}"`,
        fix: 'Give one of them another name.',
        at,
      };
    }
    seen.add(name);
  }
}
