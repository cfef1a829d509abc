// Every service lives in declared zones of its own host.

import type { Place } from '../kit/place.ts';
import type { Check, Fault } from './check.ts';

export const zones: Check = {
  id: 'zones',
  invariant: 'Every service is in a zone, and every zone it is in is declared on its host.',
  because: 'A service in a zone of another host would join two networks that must stay apart.',
  *find(view) {
    const hosts = new Set(view.topology.hosts.map(({ name }) => name));
    for (const zone of view.topology.zones) {
      if (!hosts.has(zone.host)) {
        yield fault(
          zone.name,
          `zone ${zone.name} is on the host "${zone.host}", which is not there`,
          zone,
        );
      }
    }
    for (const service of view.topology.services) {
      const { name, host } = service;
      if (!hosts.has(host))
        yield fault(name, `${name} is on "${host}", which is not there`, service);
      if (service.zones.length === 0) yield fault(name, `${name} is in no zone`, service);
      for (const zoneName of service.zones) {
        const zone = view.zones.get(zoneName);
        if (zone === undefined)
          yield fault(name, `${name} is in "${zoneName}", which is not there`, service);
        else if (zone.host !== host) {
          yield fault(name, `${name} runs on ${host}, but ${zoneName} is on ${zone.host}`, service);
        }
      }
    }
  },
};

function fault(about: string, message: string, { at }: { readonly at: Place }): Fault {
  return { severity: 'fatal', about, message, fix: 'Declare the zone, or correct its name.', at };
}
