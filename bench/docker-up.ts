// How long a stack of containers takes to come up, and to plan: `node bench/docker-up.ts [RUNS]`.
// As root, with a Docker daemon of its own in a network of its own, the demonstration and the real
// OpenClaw. The images have to be built: `clincher image build`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type DockerDaemon,
  dockerEnvironment,
  startDockerDaemon,
} from '../src/testing/docker-daemon.ts';
import { freePort } from '../src/testing/free-port.ts';
import { isOwnNetwork, prepareNetwork, runInOwnNetwork } from '../src/testing/netns.ts';

const launcher = resolve(import.meta.dirname, '../clincher');

async function main(runs: number): Promise<void> {
  await using daemon = await startDockerDaemon({ networks: 'here' });
  const dir = await mkdtemp(join(tmpdir(), 'clincher-bench-'));
  try {
    await configure(dir, daemon);
    const run = (...args: readonly string[]) => timed(dir, daemon, args);
    const upMs = [];
    const ownMs = [];
    const planMs = [];
    for (let index = 0; index <= runs; index += 1) {
      const startedMs = Date.now();
      const up = await run('up', '--demo', '--detach');
      const agentAtMs = await agentStarted(daemon);
      // Once it is ready, `up` is over but for its last words.
      const own = agentAtMs - startedMs;
      say(`up: ${seconds(up)}, of it ${seconds(own)} until OpenClaw was started`);
      if (index > 0) upMs.push(up);
      if (index > 0) ownMs.push(own);
      planMs.push(await run('plan'));
      await run('down');
      planMs.push(await run('plan'));
    }
    say(`cold up, images in Docker, ${runs} runs: ${spread(upMs)}`);
    say(`of it until every service was ready and OpenClaw was started: ${spread(ownMs)}`);
    say(`plan, ${planMs.length} runs: ${spread(planMs)}`);
  } finally {
    await timed(dir, daemon, ['down']).catch(() => undefined);
    await rm(dir, { recursive: true, force: true });
  }
}

async function configure(dir: string, { socket }: DockerDaemon): Promise<void> {
  const port = await freePort();
  await writeFile(
    join(dir, 'clincher.yaml'),
    `version: 1
driver: docker
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }
budget: { usd: 1, per: day }
ingress: { listen: "127.0.0.1:${port}", origin: "https://localhost:${port}" }
sandbox: { socket: ${socket} }
`,
  );
}

/** Milliseconds since the epoch. */
async function agentStarted(daemon: DockerDaemon): Promise<number> {
  const id = await daemon.cli('ps', '--quiet', '--filter', 'label=clincher.service=gateway');
  const format = ['--format', '{{.State.StartedAt}}'];
  const { stdout } = await daemon.cli('inspect', ...format, id.stdout.trim());
  return Date.parse(stdout.trim());
}

async function timed(cwd: string, daemon: DockerDaemon, args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn('sh', [launcher, ...args], {
    cwd,
    env: { ...dockerEnvironment(daemon.socket), HOME: cwd },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`clincher ${args.join(' ')} ended with ${code}:\n${said}`);
  return performance.now() - began;
}

function spread(ms: readonly number[]): string {
  const sorted = ms.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return `median ${seconds(median)} (${seconds(sorted[0])} to ${seconds(sorted.at(-1))})`;
}

function seconds(ms = Number.NaN): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const runs = process.argv[2] ?? '3';
if (isOwnNetwork()) {
  prepareNetwork({});
  await main(Number(runs));
} else {
  const { code, output } = await runInOwnNetwork(import.meta.filename, [runs]);
  say(output);
  process.exitCode = code ?? 1;
}
