// Who gets out past the proxy, by addresses, by names, or by way of the host.

import type { Check } from '../../check/check.ts';
import { isProxySetting } from '../parts.ts';
import type { StackView } from '../view.ts';

export const wayOut: Check<StackView> = {
  id: 'stack-way-out',
  invariant: 'Nothing but the egress proxy is on a network that leads out.',
  because:
    'A proxy in the environment is a wish: a program that does not look at it goes straight out, ' +
    'to any address and port, over IPv6 and UDP, to resolvers and to the metadata service.',
  *find(view) {
    for (const service of view.stack.services) {
      const way = view.wayOut(service);
      const part = view.part(service);
      if (way === null || part === 'egress-proxy') continue;
      const { name } = service;
      const isAgent = part === 'agent';
      const isTold = service.settings.some((one) => isProxySetting(one.name));
      const past = isTold ? 'past the proxy that its environment names' : 'past every proxy';
      yield {
        severity: isAgent ? 'fatal' : 'warning',
        about: name,
        message: `${name} has a way out ${past}: the network ${way.name}`,
        fix: isAgent
          ? 'Put it on networks with `internal: true` alone, one for each service that it calls.'
          : 'Give it `internal: true` networks alone; publish from a service that calls nobody.',
        at: way.at,
      };
    }
  },
};

export const names: Check<StackView> = {
  id: 'stack-names',
  invariant: 'The agent can ask no resolver: what it calls it is told by address, or by its proxy.',
  because:
    'A question for a name carries data to whoever owns the name, through every resolver between.',
  *find(view) {
    for (const service of view.ofPart('agent')) {
      const { name, lists, placeOf } = service;
      const foreign = lists.dns.filter((one) => !/^127\.|^::1$/.test(one));
      if (foreign.length > 0) {
        yield {
          severity: 'fatal',
          about: name,
          message: `${name} asks ${foreign.join(', ')} for names, and so can tell it anything`,
          fix: 'Set `dns: [127.0.0.1]`; the egress proxy resolves what it lets through.',
          at: placeOf('dns'),
        };
      } else if (lists.dns.length === 0 && view.wayOut(service) === null) {
        yield {
          severity: 'warning',
          about: name,
          message:
            `${name} asks Docker's resolver for names, which before Engine 26.0.0 (23.0.11, 25.0.5) ` +
            'hands them on to that of the host',
          fix: 'Set `dns: [127.0.0.1]`, and keep the engine at 29.3.1 or later.',
          at: service.at,
        };
      }
    }
  },
};

export const hostReach: Check<StackView> = {
  id: 'stack-host-reach',
  invariant: 'No service reaches what listens on the host.',
  because: "SSH, databases and a Docker API on the host's addresses are for its people.",
  *find(view) {
    for (const { name, lists, placeOf } of view.stack.services) {
      if (!lists.extra_hosts.some((one) => one.endsWith('host-gateway'))) continue;
      yield {
        severity: 'fatal',
        about: name,
        message: `${name} is given the way to the host by name (host-gateway)`,
        fix: 'Take it out of `extra_hosts`; what it needs of the host, put into a service.',
        at: placeOf('extra_hosts'),
      };
    }
    const used = new Set(view.ofPart('agent').flatMap((one) => view.networksOf(one)));
    for (const { name, at, internal, withoutHost } of used) {
      if (!internal || withoutHost) continue;
      yield {
        severity: 'warning',
        about: name,
        message: `the host has an address on ${name}, so the agent reaches what listens on the host`,
        fix: 'Set `driver_opts: { com.docker.network.bridge.gateway_mode_ipv4: isolated }` (28.0.0).',
        at,
      };
    }
  },
};
