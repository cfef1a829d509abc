// The one valid example of a topology, with everything in it; tests change one thing and look what
// is found.

import { defaultPlace } from '../kit/place.ts';
import { type Edge, edgeId, type Rights, type Service, type Topology } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { dockerSandbox, exampleOptions } from './example-options.ts';

/** Both hosts, a Docker socket, a service of the user's own, and a host beyond the providers'. */
export function exampleTopology(change: Partial<StackOptions> = {}): Topology {
  const at = { file: 'clincher.yaml', line: 6, column: 5 };
  return standardTopology(
    exampleOptions({
      sandbox: dockerSandbox('/var/run/docker.sock', at),
      monitoring: { at },
      services: [
        { name: 'notes', zone: 'openclaw-net', image: 'example/notes:1.4.2', argv: [], at },
      ],
      edges: [{ from: 'gateway', to: 'notes', port: 'http', at }],
      egress: {
        rules: [{ caller: 'gateway', hosts: ['api.example.com'], ports: [443], at }],
        resolve: {},
        unsafeAllowAddresses: [],
        at,
      },
      ...change,
    }),
  );
}

export function withService(
  topology: Topology,
  name: string,
  change: (service: Service) => Partial<Service>,
): Topology {
  const services = topology.services.map((service) =>
    service.name === name ? { ...service, ...change(service) } : service,
  );
  return { ...topology, services };
}

export function withRights(topology: Topology, name: string, rights: Partial<Rights>): Topology {
  return withService(topology, name, (service) => ({ rights: { ...service.rights, ...rights } }));
}

export function withEdge(topology: Topology, edge: Partial<Edge>): Topology {
  const { from = 'gateway', to = 'llm', port = 'extra' } = edge;
  const whole: Edge = {
    id: edgeId(from, to, port),
    from,
    to,
    port,
    protocol: 'tcp',
    zone: 'openclaw-net',
    purpose: 'planted by a test',
    at: defaultPlace(),
    ...edge,
  };
  return { ...topology, edges: [...topology.edges, whole] };
}
