// A stack as it goes into a swarm, for tests: whatever topology, with images that nobody made.

import { makePlan } from '../plan/make-plan.ts';
import { instancesOf } from '../targets/swarm/instances.ts';
import type { DeclaredSwarm } from '../targets/swarm/model.ts';
import type { Topology } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { standardTopology } from '../topology/standard.ts';
import { exampleContainers } from './example-containers.ts';
import { exampleMachine } from './example-machine.ts';

const isolated = { driver: 'swarm', isolation: 'segmented' } as const;

export function swarmStack(options: StackOptions, encrypted = true): DeclaredSwarm {
  const everywhere = (port: number) => ({ listen: { host: '0.0.0.0', port } });
  const { ingress, monitoring } = options;
  const published = {
    ingress: { ...ingress, ...everywhere(ingress.listen.port) },
    monitoring: monitoring === null ? null : { ...monitoring, ...everywhere(9_443) },
  };
  return swarmStackOf(standardTopology({ ...options, ...isolated, ...published }), encrypted);
}

export function swarmStackOf(topology: Topology, encrypted = true): DeclaredSwarm {
  const machine = exampleMachine({ containers: exampleContainers() });
  const { services } = makePlan(topology, machine);
  return {
    ...{ topology, name: 'clincher', encrypted },
    services: instancesOf(services, topology).map(({ plan, called }) => ({
      // It says nothing to a reader, and changes with whatever changes.
      plan: { ...plan, hash: '0123456789abcdef' },
      called,
      argv: ['/opt/node/bin/node', '/opt/clincher/serve.js', plan.role],
      health: ['/opt/node/bin/node', '/opt/clincher/health.js'],
      told: `./services/${plan.name}`,
    })),
  };
}
