// Starts, replaces and stops one service by way of the Compose file: waits until it is ready, and
// goes back to the version that ran when the new one does not come up.

import { setTimeout as delay } from 'node:timers/promises';
import { goneBack } from '../../host/gone-back.ts';
import { explain } from '../../host/inherit.ts';
import { dockerUnreachable } from '../../kit/docker-unreachable.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ServicePlan } from '../../plan/model.ts';
import { healthArgv } from '../../targets/compose/compose-service.ts';
import { type ComposeService, type EngineFeatures, labels } from '../../targets/compose/model.ts';
import type { DockerCli } from './docker-cli.ts';
import { lastWords, logsOfContainer, saveLogs } from './docker-logs.ts';
import { forgetFailed, keepFailed } from './failed-start.ts';
import {
  type FoundContainer,
  findContainers,
  labelOf,
  lines,
  serviceOf,
} from './found-container.ts';
import { askHealth, endText, healthOf, observeContainer } from './observe.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import type { StackFile } from './stack-file.ts';

const composeDeadlineMs = 120_000;
const pollMs = 150;

export interface Changing {
  readonly docker: DockerCli;
  readonly project: string;
  readonly stateDir: string;
  readonly file: StackFile;
  readonly engine: EngineFeatures;
  /** One call of compose at a time: two would make the same network. */
  readonly inTurn: OneAtATime;
}

/**
 * @throws ClincherError `service-failed`, `port-in-use`, `image-missing`, and what prepare() throws
 */
export async function startService(
  changing: Changing,
  plan: ServicePlan,
  again: boolean,
): Promise<void> {
  const { file } = changing;
  const before = await findOne(changing, plan.name);
  const old = before === null ? null : await file.recall(labelOf(before, labels.told));
  if (before !== null && !again && (await runsAsPlanned(changing, before, old, plan))) return;
  const part = await file.prepare(plan);
  try {
    await bringUp(changing, part);
    await file.forgetOthers(part);
    await forgetFailed(file.paths, plan.name);
  } catch (error) {
    await keepFailed(changing.docker, file.paths, await findOne(changing, plan.name), part);
    if (old === null) {
      await stopService(changing, plan.name);
      await file.forget(part);
      throw error;
    }
    const told = await goneBack(error, () => bringUp(changing, old));
    await file.forget(part);
    throw told;
  }
}

export async function stopService(changing: Changing, name: string): Promise<void> {
  if (await takeAway(changing, name)) await dropNetworks(changing);
}

async function runsAsPlanned(
  { docker }: Changing,
  found: FoundContainer,
  part: ComposeService | null,
  plan: ServicePlan,
): Promise<boolean> {
  if (labelOf(found, labels.hash) !== plan.hash) return false;
  const argv = part === null ? null : healthArgv(part);
  return (await observeContainer(docker, found, argv)).state !== 'failed';
}

async function bringUp(changing: Changing, part: ComposeService): Promise<void> {
  const { name } = part.plan;
  const since = Date.now();
  // Made anew it would take with it what it said, which holds records of decisions.
  await endAndSave(changing, name);
  await changing.inTurn(async () => {
    await writeRunning(changing, [part], name);
    const made = ['--detach', '--no-deps', '--no-build', '--force-recreate', '--timeout', '10'];
    const args = ['up', ...made, name];
    const result = await compose(changing, args);
    if (result.code !== 0) throw composeFault(result.tail, part);
  });
  await untilReady(changing, part, since);
}

/** The file with these, and all others as they run. */
async function writeRunning(
  { docker, project, file, engine }: Changing,
  more: readonly ComposeService[],
  without: string,
): Promise<void> {
  const found = await findContainers(docker, project);
  const others = found.filter(({ Config }) => serviceOf(Config) !== without);
  const parts = await Promise.all(others.map((one) => file.recall(labelOf(one, labels.told))));
  const all = [...parts.filter((each) => each !== null), ...more];
  await file.write(
    all.toSorted((a, b) => (a.plan.name < b.plan.name ? -1 : 1)),
    engine,
  );
}

export function compose({ docker, project, file }: Changing, args: readonly string[]) {
  const options = ['--project-name', project, '--file', file.paths.composeFile];
  const plain = ['--ansi', 'never', '--progress', 'plain'];
  return docker.run(['compose', ...plain, ...options, ...args], { deadlineMs: composeDeadlineMs });
}

async function untilReady(changing: Changing, part: ComposeService, since: number): Promise<void> {
  const { docker } = changing;
  const { name, readyTimeoutMs } = part.plan;
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    const found = await findOne(changing, name);
    if (found === null) throw await failed(changing, null, `${name} was taken away meanwhile`);
    if (found.State.Status !== 'running' || found.RestartCount > 0) {
      const how = await howItEnded(docker, found, since);
      throw await failed(changing, found, `${name} ended before it was ready (${how})`);
    }
    const argv = healthArgv(part);
    const health = await (argv === null
      ? healthOf(docker, found, argv)
      : askHealth(docker, found.Id, argv));
    if (health.ready) return;
    if (performance.now() > deadline) {
      const still = await findOne(changing, name);
      if (still !== null && still.RestartCount > 0) continue;
      const why = health.detail === undefined ? '' : `: ${health.detail}`;
      const what = `${name} was not ready after ${readyTimeoutMs} ms${why}`;
      throw await failed(changing, found, what);
    }
    await delay(pollMs);
  }
}

/** Docker has started it again by now, and tells the end by its events alone. */
async function howItEnded(docker: DockerCli, found: FoundContainer, sinceMs: number) {
  const about = ['--filter', `container=${found.Id}`, '--filter', 'event=die'];
  const [since, until] = [Math.floor(sinceMs / 1_000), Math.ceil(Date.now() / 1_000) + 1];
  const format = ['--format', '{{.Actor.Attributes.exitCode}}'];
  const time = ['--since', String(since), '--until', String(until)];
  const { stdout } = await docker.run(['events', ...time, ...about, ...format]);
  const [code] = lines(stdout);
  if (found.State.OOMKilled || code === undefined) return endText(found.State).slice(7, -1);
  return `exit code ${code}`;
}

async function failed({ docker, file }: Changing, found: FoundContainer | null, what: string) {
  const last = found === null ? null : logsOfContainer(docker, found);
  const name = what.split(' ')[0] ?? '';
  return new ClincherError('service-failed', `${what}. ${await lastWords(last)}`, {
    fix: `All it said: clincher logs ${name}. How it was made: ${file.paths.failed(name)}`,
  });
}

/** Resolves to whether it was there. */
async function takeAway(changing: Changing, name: string): Promise<boolean> {
  const found = await endAndSave(changing, name);
  if (found === null) return false;
  await changing.docker.run(['rm', '--force', '--volumes', found.Id]);
  await changing.inTurn(() => writeRunning(changing, [], name));
  return true;
}

/** Told to end first, as any service is; what it said goes into a file of ours. */
async function endAndSave(
  changing: Pick<Changing, 'docker' | 'project' | 'stateDir'>,
  name: string,
): Promise<FoundContainer | null> {
  const { docker, stateDir } = changing;
  const found = await findOne(changing, name);
  if (found === null) return null;
  await docker.ask(['stop', '--time', '10', found.Id], { deadlineMs: composeDeadlineMs });
  await saveLogs(stateDir, logsOfContainer(docker, found));
  return found;
}

/** Those that no container is on any more; the others say so, and stay. */
async function dropNetworks({ docker, project, inTurn }: Changing): Promise<void> {
  const filter = ['--filter', `label=com.docker.compose.project=${project}`];
  await inTurn(() => docker.run(['network', 'prune', '--force', ...filter]));
}

export async function findOne(
  { docker, project }: Pick<Changing, 'docker' | 'project'>,
  name: string,
): Promise<FoundContainer | null> {
  const all = await findContainers(docker, project);
  return all.find(({ Config }) => serviceOf(Config) === name) ?? null;
}

/** What compose could not do, by what Docker said of it. */
function composeFault(tail: string, { plan }: ComposeService): ClincherError {
  const reached = dockerUnreachable(0, tail);
  if (reached !== null) return reached;
  const taken = /port is already allocated|address already in use/.test(tail);
  const [listen] = plan.inherits;
  if (taken && listen !== undefined) {
    return explain(
      { name: '', message: tail, code: 'EADDRINUSE' },
      listen.host,
      listen.port,
    ) as ClincherError;
  }
  if (/no such image|pull access denied|image .* not found/i.test(tail)) {
    return new ClincherError('image-missing', `the image ${plan.container?.image} is not there`, {
      fix: 'Make it: clincher image build. Or bring it: clincher image load FILE.',
    });
  }
  if (/pool overlaps/i.test(tail)) {
    const subnets = (plan.bridges ?? []).map(({ subnet }) => subnet).join(', ');
    return new ClincherError('port-unusable', `networks of this machine overlap ${subnets}`, {
      fix: '"docker network ls" and "ip route" say which; another --state directory has others.',
    });
  }
  const said = tail.split('\n').slice(-4).join('\n');
  return new ClincherError('service-failed', `${plan.name} could not be made: ${said}`, {
    fix: 'The message is Docker’s own.',
  });
}
