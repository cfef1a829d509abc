// The Swarm driver: each service one of a stack over several machines, deployed from a stack file
// that is written from the plan. A manager is asked for everything, and each node that can be asked
// for what runs on it.

import { join } from 'node:path';
import { ClincherError } from '../../../kit/error.ts';
import type { Finding } from '../../../kit/finding.ts';
import type { Plan, Step } from '../../../plan/model.ts';
import { healthArgv } from '../../../targets/compose/compose-service.ts';
import { renderSwarm } from '../../../targets/swarm/render-swarm.ts';
import type { SwarmMachines } from '../../../topology/model.ts';
import type { Observed, ObservedService } from '../../driver.ts';
import type { DockerDriver, DockerOptions } from '../create-driver.ts';
import { readDockerLogs } from '../docker-logs.ts';
import { projectName } from '../docker-paths.ts';
import { observeContainer } from '../observe.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { checkImages } from '../preflight.ts';
import { execOnTerminal, probeContainer } from '../run-in-container.ts';
import {
  type ChangingStack,
  type Entered,
  enter,
  logsIn,
  shutDown,
  startInSwarm,
  stopInSwarm,
} from './change-stack.ts';
import { inspectTask } from './inspect-task.ts';
import { managerOf, membership, type Node, nodesAt } from './nodes.ts';
import { StackFolder } from './stack-folder.ts';
import {
  currentTask,
  findServices,
  hasEnded,
  isRunning,
  machinesOf,
  type StackService,
  type Task,
  taskText,
} from './tasks.ts';

export interface SwarmOptions extends DockerOptions {
  readonly machines: SwarmMachines;
}

export async function createSwarmDriver(options: SwarmOptions): Promise<DockerDriver> {
  const { stateDir, machines, variables } = options;
  const nodes = nodesAt(machines.nodes, variables);
  const { docker } = managerOf(nodes);
  const name = projectName(stateDir);
  const place = { folder: join(stateDir, 'swarm'), name, encrypted: machines.encrypted };
  const folder = new StackFolder({ ...options, ...place });
  const changing: ChangingStack = {
    ...{ nodes, name, stateDir, folder },
    healthArgv: (plan) => healthArgv(folder.serviceOf(plan)) ?? [],
    inTurn: oneAtATime(),
  };
  const services = () => findServices(docker, name);
  const running = async (service: string) => runningIn(changing, service);
  return {
    name: 'swarm',
    preflight: (plan: Plan) => preflight(nodes, folder, plan),
    observe: () => observe(changing),
    apply: async (step: Step) => {
      if (step.kind === 'stop') return stopInSwarm(changing, step.name);
      return startInSwarm(changing, step.service, step.kind !== 'start');
    },
    probe: async (service, program, input, deadlineMs, isApart = false) => {
      const { node, container } = await running(service);
      return probeContainer(node.docker, container, { program, input, deadlineMs, isApart });
    },
    exec: async (service, argv, env) => {
      const { node, container } = await running(service);
      return execOnTerminal(node.docker, container.Id, argv, env);
    },
    inspect: async (service) => {
      const plan = (await folder.recall(service))?.plan ?? null;
      return inspectTask(await running(service), name, plan);
    },
    logs: async function* (service, logOptions) {
      const sources = (await services()).map((one) => logsIn(changing, one));
      yield* readDockerLogs(stateDir, sources, service, logOptions);
    },
    isUp: async () => (await services()).length > 0,
    shutdown: () => shutDown(changing),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** All that is in the way, of all nodes; each finding's id is an error code. Changes nothing. */
async function preflight(
  nodes: readonly Node[],
  folder: StackFolder,
  plan: Plan,
): Promise<readonly Finding[]> {
  folder.belongsTo(plan.topologyHash);
  const services = plan.services.map((one) => folder.serviceOf(one));
  // What a task has not is refused before anything is made.
  renderSwarm({ ...(await folder.stack()), services });
  const found = await Promise.all(
    nodes.map(async (node, index) => [
      ...(await membership(node, index)),
      ...(await checkImages(node.docker, plan)).map((one) => ({
        ...one,
        message: `${node.place}: ${one.message}`,
      })),
    ]),
  );
  return found.flat();
}

const none: ReadonlyMap<string, string> = new Map();

async function observe(changing: ChangingStack): Promise<Observed> {
  const { docker } = managerOf(changing.nodes);
  const services = await findServices(docker, changing.name);
  const machines = services.length === 0 ? none : await machinesOf(docker);
  const seen = await Promise.all(
    services.map(async (one): Promise<ObservedService> => {
      const machine = machines.get(currentTask(one)?.NodeID ?? '');
      const observed = await observeService(changing, one);
      return machine === undefined ? observed : { ...observed, machine };
    }),
  );
  return {
    topologyHash: seen.length === 0 ? null : await changing.folder.topologyHash(),
    services: seen.toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0)),
  };
}

/** What runs on a node that can be asked says itself how it is. */
async function observeService(
  changing: ChangingStack,
  service: StackService,
): Promise<ObservedService> {
  const { name, hash, tasks } = service;
  const task = currentTask(service);
  const plan = (await changing.folder.recall(name))?.plan ?? null;
  const entered = isRunning(task) ? await enter(changing, name) : null;
  const restarts = tasks.filter(hasEnded).length;
  if (entered !== null && plan !== null) {
    const { node, container } = entered;
    const argv = changing.healthArgv(plan);
    return { ...(await observeContainer(node.docker, container, argv)), name, hash, restarts };
  }
  return {
    ...{ name, hash, restarts, state: stateOf(task) },
    pid: task?.Status.ContainerStatus?.PID ?? null,
    startedAt: isRunning(task) ? Date.parse(task.Status.Timestamp) : null,
    detail: task === null || isRunning(task) ? null : taskText(task),
  };
}

function stateOf(task: Task | null): ObservedService['state'] {
  if (task === null) return 'stopped';
  if (isRunning(task)) return 'ready';
  return hasEnded(task) ? 'failed' : 'starting';
}

/** @throws ClincherError `not-running` */
async function runningIn(changing: ChangingStack, service: string): Promise<Entered> {
  const entered = await enter(changing, service);
  if (entered !== null) return entered;
  const places = changing.nodes.map(({ place }) => place).join(', ');
  throw new ClincherError('not-running', `${service} runs on none of ${places}`, {
    fix: 'See where it is with "clincher status"; name every node in `swarm: { nodes: [...] }`.',
  });
}
