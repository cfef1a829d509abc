// The monitoring host's programs on this machine: through Docker Compose, from the folder of a
// bundle. Its file says all of it, so that nothing else has to be remembered.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DockerCli } from '../../drivers/docker/docker-cli.ts';
import { ClincherError } from '../../kit/error.ts';
import type { MonitorProgram } from '../../render/monitoring/artefact.ts';
import { monitorPorts } from '../../render/monitoring/prometheus.ts';
import { readEnvironment } from '../env.ts';

const composeDeadlineMs = 300_000;
const readyWithinMs = 90_000;
const pollMs = 300;

export function monitorBundle(stateDir: string): string {
  return join(stateDir, 'monitor');
}

/** Before Docker does, whose folders would be root's. */
export async function makeDataFolders(data: string): Promise<void> {
  for (const name of Object.keys(monitorPorts)) {
    await mkdir(join(data, name), { recursive: true, mode: 0o700 });
  }
}

/** As the user's own docker command line has it. */
export function dockerHere(): DockerCli {
  return new DockerCli(readEnvironment().variables);
}

/**
 * `again`: what runs is made anew, since a file that it has read is another one. Resolves to the
 * names of what runs.
 * @throws ClincherError `docker-unreachable`, `service-failed` with what a program said last
 */
export async function startMonitor(
  folder: string,
  again: boolean,
): Promise<readonly MonitorProgram[]> {
  const docker = dockerHere();
  const anew = again ? ['--force-recreate'] : [];
  await ask(docker, folder, ['up', '--detach', '--remove-orphans', ...anew]);
  const names = (await ask(docker, folder, ['config', '--services'])).split('\n').filter(isProgram);
  for (const program of names) await untilReady(docker, folder, program);
  return names;
}

function isProgram(name: string): name is MonitorProgram {
  return Object.hasOwn(monitorPorts, name);
}

/** False when nothing ran. What was collected stays. */
export async function stopMonitor(folder: string): Promise<boolean> {
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

/** Where each says that it is ready; the last answers its page from the time it listens. */
const readyPaths: Readonly<Record<MonitorProgram, string>> = {
  prometheus: '/-/ready',
  alertmanager: '/-/ready',
  blackbox: '/-/healthy',
  grafana: '/api/health',
  gatus: '/health',
  kuma: '/',
};

async function isReady(program: MonitorProgram): Promise<boolean> {
  const url = `http://127.0.0.1:${monitorPorts[program]}${readyPaths[program]}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
