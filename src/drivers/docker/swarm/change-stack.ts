// Starts, replaces and stops one service by way of the stack file: waits until its task runs and it
// says itself that it is ready, and goes back to what ran when the new one does not come up.

import { setTimeout as delay } from 'node:timers/promises';
import { goneBack } from '../../../host/gone-back.ts';
import { ClincherError } from '../../../kit/error.ts';
import type { ServicePlan } from '../../../plan/model.ts';
import { failure } from '../docker-cli.ts';
import { lastWords, logsOfService, saveLogs } from '../docker-logs.ts';
import { type FoundContainer, findLabelled, serviceOf } from '../found-container.ts';
import { askHealth } from '../observe.ts';
import type { OneAtATime } from '../one-at-a-time.ts';
import { managerOf, type Node } from './nodes.ts';
import type { Kept, StackFolder } from './stack-folder.ts';
import { makeNetworks, makeSecrets, placeServices, takeAway } from './surroundings.ts';
import {
  currentTask,
  endText,
  findServices,
  hasEnded,
  hashOf,
  isRunning,
  type StackService,
  stackLabel,
  taskText,
} from './tasks.ts';

const deployDeadlineMs = 120_000;
const pollMs = 500;
/** A swarm tries again by itself, elsewhere too: the second end is taken for an answer. */
const endsMax = 2;

export interface ChangingStack {
  readonly nodes: readonly Node[];
  readonly name: string;
  readonly stateDir: string;
  readonly folder: StackFolder;
  readonly healthArgv: (plan: ServicePlan) => readonly string[];
  /** One deployment at a time: each is of the whole file. */
  readonly inTurn: OneAtATime;
}

/** @throws ClincherError `service-failed`, `usage`, `docker-unreachable` */
export async function startInSwarm(
  changing: ChangingStack,
  plan: ServicePlan,
  again: boolean,
): Promise<void> {
  const { folder } = changing;
  const [seen, before] = await Promise.all([
    findOne(changing, plan.name),
    folder.recall(plan.name),
  ]);
  if (seen?.hash === plan.hash && !again && isRunning(currentTask(seen))) return;
  const { kept, values } = await folder.prepare(plan);
  try {
    await changing.inTurn(async () => {
      await makeSecrets(changing.nodes, changing, values);
      await bringIn(changing, kept);
      // The file says the same as before: only so is there another task.
      if (seen?.hash === plan.hash) await restart(changing, seen);
    });
    await untilReady(changing, plan, seen);
  } catch (error) {
    if (before !== null && seen !== null) {
      throw await goneBack(error, () => goBackTo(changing, before));
    }
    await stopInSwarm(changing, plan.name);
    throw error;
  }
}

/** The swarm may be there already, by itself, and says so of its last change: only tasks count. */
async function goBackTo(changing: ChangingStack, kept: Kept): Promise<void> {
  const { plan } = kept;
  await changing.inTurn(() => bringIn(changing, kept));
  const deadline = performance.now() + plan.readyTimeoutMs;
  for (;;) {
    const now = await findOne(changing, plan.name);
    const task = now === null ? null : currentTask(now);
    const isBack = isRunning(task) && hashOf(task) === plan.hash;
    if (isBack && (await healthIn(changing, plan)).ready) return;
    if (performance.now() > deadline) {
      throw await failed(changing, now, `${plan.name} is not back after ${plan.readyTimeoutMs} ms`);
    }
    await delay(pollMs);
  }
}

export async function stopInSwarm(changing: ChangingStack, name: string): Promise<void> {
  const seen = await findOne(changing, name);
  if (seen !== null) await saveLogs(changing.stateDir, logsIn(changing, seen));
  await changing.inTurn(async () => {
    await changing.folder.forget(name);
    const stack = await changing.folder.stack();
    if (stack.services.length === 0) return removeStack(changing);
    await changing.folder.write(stack);
    await deploy(changing);
  });
}

/** Resolves to whether anything ran. */
export async function shutDown(changing: ChangingStack): Promise<boolean> {
  const services = await findServices(managerOf(changing.nodes).docker, changing.name);
  for (const one of services) await saveLogs(changing.stateDir, logsIn(changing, one));
  await removeStack(changing);
  for (const { plan } of (await changing.folder.stack()).services) {
    await changing.folder.forget(plan.name);
  }
  return services.length > 0;
}

export function logsIn({ nodes }: Pick<ChangingStack, 'nodes'>, { name, id }: StackService) {
  return logsOfService(managerOf(nodes).docker, name, id);
}

export async function findOne(
  { nodes, name: stack }: Pick<ChangingStack, 'nodes' | 'name'>,
  name: string,
): Promise<StackService | null> {
  const all = await findServices(managerOf(nodes).docker, stack);
  return all.find((one) => one.name === name) ?? null;
}

export interface Entered {
  readonly node: Node;
  readonly container: FoundContainer;
}

/** The container of a service that runs, on the nodes that can be asked. */
export async function enter(
  { nodes, name: stack }: Pick<ChangingStack, 'nodes' | 'name'>,
  service: string,
): Promise<Entered | null> {
  const found = await Promise.all(
    nodes.map(async (node) => {
      const all = await findLabelled(node.docker, `${stackLabel}=${stack}`);
      const container = all.find(
        ({ Config, State }) => serviceOf(Config) === service && State.Status === 'running',
      );
      return container === undefined ? null : { node, container };
    }),
  );
  return found.find((one) => one !== null) ?? null;
}

/** With this, and all others as they are kept. */
async function bringIn(changing: ChangingStack, kept: Kept): Promise<void> {
  const { folder, nodes } = changing;
  await folder.keep(kept);
  const stack = await folder.stack();
  await folder.write(stack);
  await makeNetworks(nodes, stack);
  await placeServices(nodes, stack);
  await deploy(changing);
}

async function deploy({ nodes, name, folder }: ChangingStack): Promise<void> {
  const { docker } = managerOf(nodes);
  const options = ['--prune', '--resolve-image', 'never', '--compose-file', folder.file];
  const args = ['stack', 'deploy', ...options, name];
  const result = await docker.run(args, { deadlineMs: deployDeadlineMs });
  if (result.code === 0) return;
  // A manager that was changing the service at that moment says so; then it is done.
  if (!/out of sequence/.test(result.tail)) throw failure(args, result);
  await docker.ask(args, { deadlineMs: deployDeadlineMs });
}

async function restart({ nodes }: ChangingStack, { id }: StackService): Promise<void> {
  await managerOf(nodes).docker.ask(['service', 'update', '--force', '--detach', '--quiet', id]);
}

async function untilReady(
  changing: ChangingStack,
  plan: ServicePlan,
  before: StackService | null,
): Promise<void> {
  const deadline = performance.now() + plan.readyTimeoutMs;
  const old = new Set(before?.tasks.map(({ ID }) => ID));
  for (;;) {
    const now = await findOne(changing, plan.name);
    const tasks = (now?.tasks ?? []).filter(({ ID }) => !old.has(ID));
    const task = now === null ? null : currentTask({ ...now, tasks });
    const health = isRunning(task) ? await healthIn(changing, plan) : { ready: false };
    if (now?.hash === plan.hash && health.ready) return;
    const ends = tasks.filter(hasEnded);
    const [last] = ends;
    if (last !== undefined && ends.length >= endsMax) {
      throw await failed(changing, now, `${plan.name} ${endText(last)}`);
    }
    if (/^(rollback|paused)/.test(now?.update ?? '')) {
      throw await failed(changing, now, `${plan.name} did not come up, and the swarm went back`);
    }
    if (performance.now() > deadline) {
      const why = health.detail ?? (task === null ? 'no task of it was made' : taskText(task));
      const what = `${plan.name} was not ready after ${plan.readyTimeoutMs} ms: ${why}`;
      throw await failed(changing, now, what);
    }
    await delay(pollMs);
  }
}

/** What runs on a node that cannot be asked is ready once it answers there. */
async function healthIn(
  changing: ChangingStack,
  plan: ServicePlan,
): Promise<{ readonly ready: boolean; readonly detail?: string | undefined }> {
  const entered = await enter(changing, plan.name);
  if (entered === null) return { ready: true };
  return askHealth(entered.node.docker, entered.container.Id, changing.healthArgv(plan));
}

async function failed(changing: ChangingStack, service: StackService | null, what: string) {
  const last = service === null ? null : logsIn(changing, service);
  return new ClincherError('service-failed', `${what}. ${await lastWords(last)}`, {
    fix: `All it said: clincher logs ${service?.name ?? ''}.`,
  });
}

/** What nodes need a moment for is waited for: a network that is in use cannot be removed. */
async function removeStack({ nodes, name }: ChangingStack): Promise<void> {
  const { docker } = managerOf(nodes);
  await docker.run(['stack', 'rm', name], { deadlineMs: deployDeadlineMs });
  const deadline = performance.now() + deployDeadlineMs;
  const isThere = async (node: Node) =>
    (await findLabelled(node.docker, `${stackLabel}=${name}`)).length > 0;
  while (performance.now() < deadline) {
    const there = await Promise.all(nodes.map(isThere));
    if (!there.includes(true)) break;
    await delay(pollMs);
  }
  await takeAway(nodes, { name });
}
