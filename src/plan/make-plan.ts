// Turns a topology into a plan: every choice is made here, before anything runs.

import { ClincherError } from '../kit/error.ts';
import { hashOf } from '../topology/hash.ts';
import type { Service, Topology } from '../topology/model.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './model.ts';
import { planService } from './plan-service.ts';

/**
 * Pure: the same topology and machine give the same bytes. Plans the application host; the
 * monitoring host is another machine, whose files are rendered.
 * @throws ClincherError `usage` for a driver, an isolation or a service that cannot be run this way
 */
export function makePlan(topology: Topology, machine: Machine): Plan {
  refuseWhatCannotRun(topology);
  refuseRoot(topology, machine);
  const services = appServices(topology).map((service) => planService(topology, service, machine));
  return {
    version: 1,
    driver: topology.driver,
    topologyHash: hashOf(topology),
    services: startOrder(services),
  };
}

function appServices(topology: Topology): readonly Service[] {
  return topology.services.filter(({ host }) => host === 'app');
}

/** Isolations that a driver can bring up. */
const runnable: Readonly<Record<Topology['driver'], readonly Topology['isolation'][]>> = {
  embedded: ['sealed'],
  docker: ['segmented', 'sealed', 'reference'],
  swarm: ['segmented'],
};

function refuseWhatCannotRun(topology: Topology): void {
  const { driver, isolation } = topology;
  if (!runnable[driver].includes(isolation)) {
    throw new ClincherError(
      'usage',
      `driver ${driver} with isolation ${isolation} is not there yet`,
      {
        fix: 'Use `driver: embedded`, or `driver: docker`.',
      },
    );
  }
  refuseJailsInContainers(topology);
  for (const service of appServices(topology)) refuseProgram(topology, service);
}

/** What somebody else wrote comes as an image, and only a container has one. */
function refuseProgram({ driver }: Topology, { name, run, at }: Service): void {
  if (run.role !== 'program') return;
  const refuse = (why: string, fix: string) => {
    throw new ClincherError('usage', `service ${name} ${why}`, { at, fix });
  };
  if (driver === 'embedded') {
    refuse(
      'is a program of its own, and driver embedded cannot run those yet',
      `Use \`driver: docker\`, or take ${name} out of \`services\` to bring the rest up.`,
    );
  }
  if (driver === 'swarm') {
    refuse(
      'is a program of its own, and driver swarm cannot run those yet',
      'Use `driver: docker`; for a Redis, say `host` in place of `service`.',
    );
  }
  if (run.image === null) {
    refuse('has no `image`, and containers are made of one', 'Give `services` its `image`.');
  }
}

/** The embedded driver makes them; a container may not. */
function refuseJailsInContainers(topology: Topology): void {
  const sandbox = topology.services.find(({ run }) => run.role === 'sandbox');
  if (topology.driver === 'embedded' || sandbox === undefined) return;
  throw new ClincherError(
    'usage',
    `driver ${topology.driver} makes no jails for \`backend: ssh\``,
    {
      at: sandbox.at,
      fix: 'Set `sandbox: { backend: docker }`: then the tools run in containers of their own.',
    },
  );
}

/**
 * Containers do not run as root, and could do nothing with files that are root's alone.
 * @throws ClincherError `usage`
 */
export function refuseRoot(topology: Topology, { user }: Machine): void {
  const sandbox = topology.services.find(({ run }) => run.role === 'docker-proxy');
  if (user.uid !== 0 || sandbox?.run.role !== 'docker-proxy') return;
  if (sandbox.run.shape.user !== null || sandbox.run.profile === 'observe') return;
  throw new ClincherError('usage', 'root runs this stack, and its sandboxes do not run as root', {
    at: sandbox.at,
    fix:
      'Run clincher as an ordinary user in the group docker, whose files the sandboxes can use; or ' +
      "set `sandbox.user` to who may use the files of root's agent; or use `backend: ssh`.",
  });
}

/**
 * Whoever is depended on comes first; among those that could start, the ones that take longest come
 * last, so that everything else answers while the agent is still booting.
 */
export function startOrder<
  S extends { name: string; after: readonly string[]; readyTimeoutMs: number },
>(services: readonly S[]): readonly S[] {
  const waiting = services.toSorted((a, b) => a.readyTimeoutMs - b.readyTimeoutMs);
  const names = new Set(waiting.map(({ name }) => name));
  const order: S[] = [];
  while (waiting.length > 0) {
    const started = new Set(order.map(({ name }) => name));
    const free = waiting.findIndex(({ after }) =>
      after.every((name) => started.has(name) || !names.has(name)),
    );
    // Edges of the user's own may close a circle: then someone has to be first.
    order.push(...waiting.splice(Math.max(free, 0), 1));
  }
  return order;
}
