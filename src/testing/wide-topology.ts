// A topology as wide as one likes, with a fault of most kinds in it, and one that counts who looks
// at it.

import { defaultPlace } from '../kit/place.ts';
import { type Edge, edgeId, type Service, type Topology } from '../topology/model.ts';
import { exampleTopology } from './example-topology.ts';

/**
 * Every seventh service has more rights than it should, every ninth edge leads where it should
 * not.
 */
export function wideTopology(serviceCount: number, edgeCount: number): Topology {
  const example = exampleTopology();
  const base = example.services.find(({ name }) => name === 'notes');
  const services: Service[] = [...example.services];
  for (let index = services.length; base !== undefined && index < serviceCount; index++) {
    const mounts = [{ source: `/srv/${index}`, target: '/work', readOnly: false }];
    const grabby = { holds: ['provider-anthropic-key'], rights: { ...base.rights, mounts } };
    services.push({ ...base, name: `own-${index}`, ...(index % 7 === 0 ? grabby : {}) });
  }
  const strays = ['internet', 'docker.sock', 'nobody', 'grafana'];
  const edges: Edge[] = [...example.edges];
  for (let index = edges.length; index < edgeCount; index++) {
    const nameAt = (at: number) => services[at % services.length]?.name ?? '';
    const from = nameAt(index * 31 + 7);
    const stray = index % 9 === 0 ? strays[index % strays.length] : undefined;
    const to = stray ?? nameAt(index * 17 + (index >> 5));
    const port = `p${index}`;
    const edge = { from, to, port, id: edgeId(from, to, port), purpose: 'one of many' };
    edges.push({ ...edge, protocol: 'tcp', zone: 'openclaw-net', at: defaultPlace() });
  }
  return { ...example, services, edges };
}

export interface Looks {
  readonly edges: number;
  readonly services: number;
}

/** The same topology, in which every look at a part of an edge or service is counted. */
export function counted(topology: Topology): {
  readonly topology: Topology;
  readonly looks: Looks;
} {
  const looks = { edges: 0, services: 0 };
  const watched = <T extends object>(one: T, kind: keyof Looks): T =>
    new Proxy(one, {
      get(target, key) {
        looks[kind]++;
        return Reflect.get(target, key);
      },
    });
  return {
    topology: {
      ...topology,
      edges: topology.edges.map((edge) => watched(edge, 'edges')),
      services: topology.services.map((service) => watched(service, 'services')),
    },
    looks,
  };
}
