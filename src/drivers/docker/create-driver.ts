// The Docker driver: each service a container, made from a Compose file that is written from the
// plan. Nothing of ours stays behind to watch: Docker keeps the containers up.

import { hostPaths } from '../../host/host-paths.ts';
import { ClincherError } from '../../kit/error.ts';
import type { Plan, Step } from '../../plan/model.ts';
import { healthArgv } from '../../targets/compose/compose-service.ts';
import { labels } from '../../targets/compose/model.ts';
import type { Driver, LogLine, LogOptions, Observed } from '../driver.ts';
import { type Changing, compose, startService, stopService } from './change-service.ts';
import { DockerCli, type Variables } from './docker-cli.ts';
import { logsOfContainer, readDockerLogs, saveLogs } from './docker-logs.ts';
import { projectName } from './docker-paths.ts';
import { engineFeatures } from './engine.ts';
import { failedText } from './failed-start.ts';
import { type FoundContainer, findContainers, labelOf, serviceOf } from './found-container.ts';
import { inspectService } from './inspect-service.ts';
import { observeContainer } from './observe.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { preflight } from './preflight.ts';
import { execOnTerminal, probeBeside, probeContainer } from './run-in-container.ts';
import { StackFile, type StackFileOptions } from './stack-file.ts';

export interface DockerOptions extends StackFileOptions {
  /** What the docker command is given: PATH, HOME and its own. */
  readonly variables: Variables;
}

export interface DockerDriver extends Driver {
  /** Takes everything down. False when nothing ran. */
  shutdown(): Promise<boolean>;
  /** Whether there is a container of the stack. */
  isUp(): Promise<boolean>;
}

export async function createDockerDriver(options: DockerOptions): Promise<DockerDriver> {
  const { stateDir } = options;
  const docker = new DockerCli(options.variables);
  const project = projectName(stateDir);
  const file = new StackFile(options);
  const inTurn = oneAtATime();
  const changing = async (): Promise<Changing> => {
    const engine = await engineFeatures(docker);
    return { docker, project, stateDir, file, engine, inTurn };
  };
  const all = () => findContainers(docker, project);
  // Verification asks of every service many times over: what Docker said a moment ago holds.
  const recent = remembered(all);
  const running = async (service: string) => runningOf(await recent(), service);
  return {
    name: 'docker',
    preflight: async (plan: Plan) => {
      file.belongsTo(plan.topologyHash);
      return preflight(docker, plan, project);
    },
    observe: async () => observe(docker, file, await all()),
    apply: async (step: Step) => {
      if (step.kind === 'stop') return stopService(await changing(), step.name);
      // Compose mounts each secret as a file of its own: another cannot take its place.
      return startService(await changing(), step.service, step.kind !== 'start');
    },
    probe: async (service, program, input, deadlineMs, isApart = false) => {
      const found = await running(service);
      const order = { program, input, deadlineMs, isApart };
      const part = await file.recall(labelOf(found, labels.told));
      if (part?.plan.container?.program === undefined) return probeContainer(docker, found, order);
      return probeBeside(docker, found, await imageWithNode(file, await recent()), order);
    },
    exec: async (service, argv, env) =>
      execOnTerminal(docker, (await running(service)).Id, argv, env),
    inspect: async (service) =>
      inspectService(docker, await running(service), hostPaths(stateDir).state(service)),
    logs: (service, logOptions) => logsOf(docker, stateDir, all, service, logOptions),
    isUp: async () => (await all()).length > 0,
    shutdown: async () => shutdown(await changing(), await all()),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function observe(
  docker: DockerCli,
  file: StackFile,
  containers: readonly FoundContainer[],
): Promise<Observed> {
  const services = await Promise.all(
    containers.map(async (container) => {
      const part = await file.recall(labelOf(container, labels.told));
      const argv = part === null ? null : healthArgv(part);
      const seen = await observeContainer(docker, container, argv);
      const failed = await failedText(file.paths, seen.name);
      const detail = [seen.detail, failed].filter((text) => text !== null).join('; ') || null;
      return { ...seen, detail };
    }),
  );
  return {
    topologyHash: services.length === 0 ? null : await file.topologyHash(),
    // In the order that they were started: who calls comes after who is called.
    services: services.toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0)),
  };
}

/** Any of ours has it; a stack is never without one. */
async function imageWithNode(
  file: StackFile,
  containers: readonly FoundContainer[],
): Promise<string> {
  for (const container of containers) {
    const part = await file.recall(labelOf(container, labels.told));
    if (part !== null && part.plan.container?.program === undefined) return container.Image;
  }
  throw new ClincherError(
    'probe-failed',
    'nothing of the stack runs that a probe could be made of',
    {
      fix: 'Bring the stack up: clincher up.',
    },
  );
}

const rememberedMs = 500;

function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (last === null || performance.now() - last.at > rememberedMs) {
      last = { at: performance.now(), answer: ask() };
    }
    return last.answer;
  };
}

function runningOf(containers: readonly FoundContainer[], service: string): FoundContainer {
  const found = containers.find(({ Config }) => serviceOf(Config) === service);
  if (found !== undefined && found.State.Status === 'running') return found;
  throw new ClincherError('not-running', `${service} does not run`, {
    fix: 'See what does with "clincher status"; start the stack with "clincher up".',
  });
}

async function* logsOf(
  docker: DockerCli,
  stateDir: string,
  all: () => Promise<readonly FoundContainer[]>,
  service: string | null,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const sources = (await all()).map((one) => logsOfContainer(docker, one));
  yield* readDockerLogs(stateDir, sources, service, options);
}

async function shutdown(
  changing: Changing,
  containers: readonly FoundContainer[],
): Promise<boolean> {
  if (!(await changing.file.isThere())) return false;
  await compose(changing, ['stop']);
  for (const container of containers) {
    await saveLogs(changing.stateDir, logsOfContainer(changing.docker, container));
  }
  const { code, tail } = await compose(changing, ['down', '--volumes', '--remove-orphans']);
  if (code === 0) return containers.length > 0;
  throw new ClincherError('service-failed', `docker compose down ended with ${code}: ${tail}`, {
    fix: 'The message is Docker’s own; "docker ps" says what is left.',
  });
}
