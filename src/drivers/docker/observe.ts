// How the stack's containers are, as a driver tells it: Docker's word, and where that has none yet,
// the service's own.

import { readHealth } from '../../host/read-health.ts';
import type { Health } from '../../kit/running.ts';
import { labels } from '../../targets/compose/model.ts';
import type { ObservedService, ServiceState } from '../driver.ts';
import type { DockerCli } from './docker-cli.ts';
import { type FoundContainer, labelOf, serviceOf } from './found-container.ts';

/** A program is started to ask, which takes a crowded machine seconds. */
const healthDeadlineMs = 20_000;

export async function observeContainer(
  docker: DockerCli,
  container: FoundContainer,
  argv: readonly string[] | null,
): Promise<ObservedService> {
  const { State, RestartCount } = container;
  const isRunning = State.Status === 'running';
  const health = isRunning ? await healthOf(docker, container, argv) : null;
  return {
    name: serviceOf(container.Config) ?? '',
    state: stateOf(State.Status, health),
    hash: labelOf(container, labels.hash),
    pid: isRunning ? State.Pid : null,
    startedAt: isRunning ? Date.parse(State.StartedAt) : null,
    restarts: RestartCount,
    detail: isRunning ? (health?.detail ?? null) : endText(State),
  };
}

/** Less than that, and it may be on its way to its end. */
const settledMs = 1_000;

/**
 * `argv` is what asks it; null for a program that is not ours, of which Docker's word is all there
 * is: that of its image's own check, or that it runs. Never throws.
 */
export async function healthOf(
  docker: DockerCli,
  { Id, State }: FoundContainer,
  argv: readonly string[] | null,
): Promise<Health> {
  const { Health } = State;
  if (argv === null) {
    if (Health != null) return { ready: Health.Status === 'healthy' };
    return { ready: Date.now() - Date.parse(State.StartedAt) > settledMs };
  }
  // Docker asks by the clock: until it has for the first time, nobody knows.
  const asked = Health?.Status === 'starting' || Health?.Log?.length === 0;
  if (asked) return askHealth(docker, Id, argv);
  const last = readHealth(jsonOf(Health?.Log?.at(-1)?.Output ?? ''));
  // It may have become so since.
  return last.ready ? last : askHealth(docker, Id, argv);
}

/** Never throws: a service that does not answer is not ready, and the detail says how. */
export async function askHealth(
  docker: DockerCli,
  container: string,
  argv: readonly string[],
): Promise<Health> {
  const options = { deadlineMs: healthDeadlineMs };
  const { stdout, tail } = await docker.run(['exec', container, ...argv], options);
  return readHealth(jsonOf(stdout === '' ? tail : stdout));
}

function stateOf(status: string, health: Health | null): ServiceState {
  if (status === 'running') return health?.ready === true ? 'ready' : 'starting';
  if (status === 'restarting') return 'restarting';
  if (status === 'created') return 'starting';
  return status === 'paused' ? 'starting' : 'failed';
}

export function endText({ ExitCode, OOMKilled }: FoundContainer['State']): string {
  const why = OOMKilled ? ': the kernel ended it for using more than its memory' : '';
  return `ended (exit code ${ExitCode}${why})`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
