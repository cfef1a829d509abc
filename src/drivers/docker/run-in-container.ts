// A program of a service's own run inside its container, and the end of a probe that took too long:
// what runs in a container is a child of Docker's, and outlives the command that asked for it.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { processesInNamespaceOf } from '../../host/proc.ts';
import { type ProbeOrder, runProbe } from '../../host/run-inside.ts';
import { inside } from '../../plan/paths.ts';
import type { DockerCli } from './docker-cli.ts';
import { type FoundContainer, serviceOf } from './found-container.ts';

/** A service's variables are its own: a probe starts without any. */
const withoutVariables = 'for (const name of Object.keys(process.env)) delete process.env[name];\n';

/**
 * Who has the same user and another group may not be traced, nor its memory be written (ptrace(2)):
 * the service sees the probe, and cannot answer in its place; nor can the probe look at it. Nobody
 * has this one.
 */
const probeGroup = 64_999;

/**
 * In all of the container's namespaces, with its user, its filter of system calls and its limits.
 * @throws ClincherError `probe-failed`
 */
export function probeContainer(
  docker: DockerCli,
  found: FoundContainer,
  { program, input, deadlineMs, isApart }: Probe,
): Promise<string> {
  const mark = randomUUID();
  const [user = ''] = found.Config.User.split(':');
  const as = ['--workdir', '/', ...(isApart ? ['--user', `${user}:${probeGroup}`] : [])];
  const argv = ['docker', 'exec', '--interactive', ...as, found.Id, ...nodeWith(mark)];
  return runProbe(argv, serviceOf(found.Config) ?? '', {
    ...{ program: `${withoutVariables}${program}`, input, deadlineMs },
    env: docker.environment(),
    endInside: async () => killMarked(processesInNamespaceOf(found.State.Pid), mark),
  });
}

/**
 * Where the container has no Node: in another of `image` that is put beside it, in its network and
 * its process namespace, with its user, its folders and its limits; its root is its own.
 * @throws ClincherError `probe-failed`
 */
export function probeBeside(
  docker: DockerCli,
  found: FoundContainer,
  image: string,
  { program, input, deadlineMs }: Probe,
): Promise<string> {
  const { Id, Config, HostConfig } = found;
  const mark = randomUUID();
  const name = `clincher-probe-${mark}`;
  const joined = ['--network', `container:${Id}`, '--pid', `container:${Id}`, '--volumes-from', Id];
  const shape = [
    ...['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--user', Config.User],
    ...['--security-opt', 'no-new-privileges', '--memory', String(HostConfig.Memory)],
    ...['--pids-limit', String(HostConfig.PidsLimit ?? 64), '--pull', 'never'],
  ];
  const [node = '', ...args] = nodeWith(mark);
  const run = [
    'run',
    '--rm',
    '--interactive',
    '--name',
    name,
    '--workdir',
    '/',
    '--no-healthcheck',
  ];
  const argv = ['docker', ...run, ...joined, ...shape, '--entrypoint', node, image, ...args];
  return runProbe(argv, serviceOf(Config) ?? '', {
    ...{ program: `${withoutVariables}${program}`, input, deadlineMs },
    env: docker.environment(),
    endInside: async () => void (await docker.run(['rm', '--force', name])),
  });
}

type Probe = Pick<ProbeOrder, 'program' | 'input' | 'deadlineMs'> & { readonly isApart: boolean };

function nodeWith(mark: string): readonly string[] {
  return [inside.node, '--input-type=module-typescript', '-', mark];
}

/** Docker makes a terminal of its own for it: ours stays outside. Resolves to the exit code. */
export function execOnTerminal(
  docker: DockerCli,
  container: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const given = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const terminal = [0, 1, 2].every((fd) => isatty(fd)) ? ['--tty'] : [];
  const args = ['exec', '--interactive', ...terminal, ...given, container, ...argv];
  const child = spawn('docker', args, { env: docker.environment(), stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
}

/** Ends those whose last argument is `mark`; nobody else has it. */
function killMarked(pids: readonly number[], mark: string): void {
  for (const pid of pids) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (argv.includes(mark)) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself, or is not ours to end.
    }
  }
}
