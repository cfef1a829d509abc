// The monitoring host's programs on this machine: through Docker Compose, from the bundle below the
// state directory. Its file says all of it, so that nothing else has to be remembered.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DockerCli } from '../../drivers/docker/docker-cli.ts';
import { ClincherError } from '../../kit/error.ts';
import { type MonitorProgram, monitorPrograms } from '../../render/monitoring/artefact.ts';
import { monitorPorts } from '../../render/monitoring/prometheus.ts';
import { readEnvironment } from '../env.ts';

const composeDeadlineMs = 300_000;
const readyWithinMs = 90_000;
const pollMs = 300;

export function monitorBundle(stateDir: string): string {
  return join(stateDir, 'monitor');
}

/** As the user's own docker command line has it. */
export function dockerHere(): DockerCli {
  return new DockerCli(readEnvironment().variables);
}

/**
 * `again`: what runs is made anew, since a file that it has read is another one.
 * @throws ClincherError `docker-unreachable`, `service-failed` with what a program said last
 */
export async function startMonitor(folder: string, again: boolean): Promise<void> {
  const docker = dockerHere();
  const anew = again ? ['--force-recreate'] : [];
  await ask(docker, folder, ['up', '--detach', '--remove-orphans', ...anew]);
  for (const program of monitorPrograms) await untilReady(docker, folder, program);
}

/** False when nothing ran. What was collected stays. */
export async function stopMonitor(stateDir: string): Promise<boolean> {
  const folder = monitorBundle(stateDir);
  if (!existsSync(join(folder, 'compose.yaml'))) return false;
  const docker = dockerHere();
  const running = await ask(docker, folder, ['ps', '--all', '--quiet']);
  if (running.trim() === '') return false;
  await ask(docker, folder, ['down', '--timeout', '20']);
  return true;
}

function ask(docker: DockerCli, folder: string, args: readonly string[]): Promise<string> {
  const argv = ['compose', '--file', join(folder, 'compose.yaml'), ...args];
  return docker.ask(argv, { deadlineMs: composeDeadlineMs });
}

async function untilReady(
  docker: DockerCli,
  folder: string,
  program: MonitorProgram,
): Promise<void> {
  const until = performance.now() + readyWithinMs;
  while (performance.now() < until) {
    if (await isReady(program)) return;
    if (await hasEnded(docker, folder, program)) break;
    await delay(pollMs);
  }
  const said = await ask(docker, folder, ['logs', '--no-log-prefix', '--tail', '5', program]);
  throw new ClincherError(
    'service-failed',
    `${program} did not come up; it said:\n${said.trim()}`,
    {
      fix: `Is something else at port ${monitorPorts[program]} of this machine's loopback?`,
    },
  );
}

/** Docker starts it anew by itself; once is enough to know. */
async function hasEnded(
  docker: DockerCli,
  folder: string,
  program: MonitorProgram,
): Promise<boolean> {
  const id = (await ask(docker, folder, ['ps', '--all', '--quiet', program])).trim();
  const form = '{{.RestartCount}} {{.State.Running}}';
  return id !== '' && !/^0 true/.test(await docker.ask(['inspect', '--format', form, id]));
}

/** @see https://prometheus.io/docs/prometheus/latest/management_api/ */
async function isReady(program: MonitorProgram): Promise<boolean> {
  const path = program === 'blackbox' ? '/-/healthy' : '/-/ready';
  const url = `http://127.0.0.1:${monitorPorts[program]}${path}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
