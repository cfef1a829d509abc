// A stack as it goes into a cluster, for tests: whatever topology, with images that nobody made.

import { makePlan } from '../plan/make-plan.ts';
import type { KubernetesStack } from '../targets/kubernetes/model.ts';
import type { Topology } from '../topology/model.ts';
import { exampleContainers } from './example-containers.ts';
import { exampleMachine } from './example-machine.ts';

const cluster = { serviceAddresses: '10.96.192.0/24' };

export function clusterStack(
  declared: Topology,
  names: KubernetesStack['names'] = 'egress',
): KubernetesStack {
  const topology = { ...declared, driver: 'docker', isolation: 'segmented' } as const;
  const machine = exampleMachine({ containers: exampleContainers(), cluster });
  const { services } = makePlan(topology, machine);
  return {
    ...{ topology, namespace: 'clincher', registry: 'registry.example.com/', names },
    services: services.map((plan) => ({
      // It says nothing to a reader, and changes with whatever changes.
      plan: { ...plan, hash: '0123456789abcdef' },
      argv: ['/opt/node/bin/node', '/opt/clincher/serve.js', plan.role],
      health: ['/opt/node/bin/node', '/opt/clincher/health.js'],
    })),
  };
}
