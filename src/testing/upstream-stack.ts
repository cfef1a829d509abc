// The stack that `clincher render upstream` writes, brought up by docker compose as it is written,
// on a daemon of the test's own; and programs run in the agent's place in it.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runClincher } from './agent-stack.ts';
import { type DockerDaemon, dockerEnvironment, startDockerDaemon } from './docker-daemon.ts';
import { type Outcome, run } from './run-program.ts';
import { tempDir } from './temp-dir.ts';
import { makeUpstreamImages } from './upstream-images.ts';

export interface UpstreamStack extends AsyncDisposable {
  readonly daemon: DockerDaemon;
  compose(...args: readonly string[]): Promise<Outcome>;
  /** On the agent's networks, with the agent's environment. */
  inAgentsPlace(...argv: readonly string[]): Promise<Outcome>;
  /** The ids of what `clincher check --compose` finds in it. */
  findings(): Promise<readonly string[]>;
}

export interface UpstreamChoices {
  /** Its clincher.yaml. */
  readonly config: string;
  /** Of the environment of LiteLLM, by name. */
  readonly keys: Readonly<Record<string, string>>;
  readonly caPem: string;
}

const besideTheAgent = ['docker-proxy', 'openclaw-egress', 'redis', 'litellm'];

/** Docker refuses its eight processors where there are fewer. */
const agentsPlace = `services:
  openclaw:
    command: [sleep, infinity]
    deploy: { resources: { limits: { cpus: '0.5', memory: 256M } } }
`;

/** @throws Error with what they printed, where they do not come up */
export async function bringUpUpstream(choices: UpstreamChoices): Promise<UpstreamStack> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(tempDir()).path;
  await writeFile(join(dir, 'clincher.yaml'), choices.config);
  const rendered = await runClincher(['render', 'upstream', '--out', 'upstream'], dir);
  if (rendered.code !== 0) throw new Error(rendered.stderr);
  const folder = join(dir, 'upstream');
  await writeFile(join(folder, '.env'), await filled(folder, choices.keys));
  const daemon = opened.use(await startDockerDaemon({ networks: 'here' }));
  await atItsUsualPlace(daemon);
  await makeUpstreamImages(daemon, choices.caPem);
  await writeFile(join(folder, 'here.yaml'), agentsPlace);
  const env = dockerEnvironment(daemon.socket);
  const files = ['--file', 'compose.yaml', '--file', 'here.yaml'];
  const compose = (...args: readonly string[]) =>
    run(['docker', 'compose', ...files, ...args], { cwd: folder, env, deadlineMs: 400_000 });
  const up = await compose('up', '--no-build', '--detach', '--wait', ...besideTheAgent);
  if (up.code !== 0) {
    const { stdout } = await compose('logs', '--no-color', '--tail', '60');
    throw new Error(`${up.stderr}\n${stdout}`);
  }
  const place = await compose('up', '--no-build', '--detach', '--no-deps', 'openclaw');
  if (place.code !== 0) throw new Error(place.stderr);
  const kept = opened.move();
  return {
    ...{ daemon, compose },
    inAgentsPlace: (...argv) => compose('exec', '-T', 'openclaw', ...argv),
    findings: async () => {
      const file = join(folder, 'compose.yaml');
      const { stdout } = await runClincher(['check', '--json', '--compose', file], dir);
      const { findings } = JSON.parse(stdout) as { findings: readonly { id: string }[] };
      return findings.map(({ id }) => id);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** As `.env.example` asks for it, each key once. */
async function filled(folder: string, keys: UpstreamChoices['keys']): Promise<string> {
  const asked = (await readFile(join(folder, '.env.example'), 'utf8')).trim().split('\n');
  return asked.map((line) => `${line}${keys[line.slice(0, -1)] ?? 'unused'}\n`).join('');
}

/** Its socket, for its containers alone: the daemon sees another /run than the machine. */
async function atItsUsualPlace({ pid, socket }: DockerDaemon): Promise<void> {
  const usual = '/run/docker.sock';
  const commands = `mount -t tmpfs tmpfs /run && touch ${usual} && mount --bind ${socket} ${usual}`;
  const enter = ['nsenter', '--target', String(pid), '--mount', '--', 'sh', '-c', commands];
  const { code, stderr } = await run(enter);
  if (code !== 0) throw new Error(stderr);
}
