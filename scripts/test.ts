// What `npm test` does: makes sure of what the tests need, checks types and form, then runs every
// test in a network namespace without a route, so that nothing a test dials can leave the machine.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureImage } from '../src/cli/image/own.ts';
import { ensureNpmPackage, type NpmPackage } from '../src/cli/install/npm-package.ts';
import { onnxRuntime } from '../src/cli/install/onnx-runtime.ts';
import { openclawPackage } from '../src/cli/install/openclaw.ts';
import { missingPrograms } from '../src/cli/install/programs.ts';
import { runCommand } from '../src/kit/run-command.ts';
import { installCompose } from '../src/testing/docker-compose.ts';
import { installIngressPrograms } from '../src/testing/ingress-programs.ts';
import { installKuma, kumaPackage } from '../src/testing/kuma-program.ts';
import { installMonitoringPrograms } from '../src/testing/monitoring-programs.ts';
import { installPebble } from '../src/testing/pebble.ts';
import { installRedisEight } from '../src/testing/redis-eight.ts';
import { installSshServer } from '../src/testing/ssh-server.ts';
import { installUpstream } from '../src/testing/upstream-programs.ts';
import { openclawVersion } from '../src/topology/pins.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const isRoot = process.getuid?.() === 0;
/** Of a file; those that are named may be the long ones. */
const fileTimeoutMs = { all: 600_000, named: 1_800_000 } as const;
/** Node's summary, line by line, in the order it prints them. */
const summaryKeys = [
  'tests',
  'suites',
  'pass',
  'fail',
  'cancelled',
  'skipped',
  'todo',
  'duration_ms',
];

const pythonClients = ['openai==3.54.0', 'anthropic==2.12.0'];

/** From the distribution's packages. */
const packagedImages = ['sandbox', 'redis', 'nginx'] as const;
/** The tests of `npm run test:long` have them besides. */
const monitoringImages = ['prometheus', 'alertmanager', 'blackbox'] as const;
const imagesOfLong = ['caddy', 'openclaw-tools', ...monitoringImages] as const;

const programs = [
  { program: 'bwrap', debian: 'bubblewrap' },
  { program: 'ip', debian: 'iproute2' },
  { program: 'unshare', debian: 'util-linux' },
  { program: 'nsenter', debian: 'util-linux' },
  { program: 'openssl', debian: 'openssl' },
  { program: 'nft', debian: 'nftables' },
  { program: 'ssh', debian: 'openssh-client' },
  { program: 'python3', debian: 'python3' },
  { program: 'chromium', debian: 'chromium' },
  // Only root can start a daemon; without root its tests say that they are skipped, and why.
  ...(isRoot
    ? [
        { program: 'dockerd', debian: 'docker.io' },
        { program: 'docker', debian: 'docker.io' },
        { program: 'busybox', debian: 'busybox-static' },
      ]
    : []),
  { program: 'redis-server', debian: 'redis-server' },
];

async function main(patterns: readonly string[]): Promise<number> {
  if (!(await installPrograms())) return 3;
  await installPackage(openclawPackage(openclawVersion));
  await installPackage(onnxRuntime);
  await installPythonClients();
  const redis = await installRedisEight(runCommand);
  if (redis !== '') say(redis);
  if (await installMonitoringPrograms(runCommand)) say('unpacked Prometheus into .cache');
  if (await installPebble(runCommand))
    say('unpacked Pebble, a CA to test with, into .cache/pebble');
  if (await installIngressPrograms(runCommand)) say('unpacked Caddy and nginx into .cache');
  if (await installSshServer(runCommand)) say('unpacked sshd and fail2ban into .cache/ssh-server');
  const long = patterns.some((pattern) => pattern.startsWith('e2e/long/'));
  if (long && (await installKuma(npmWorld(kumaPackage))))
    say('compiled the database of Uptime Kuma');
  if (long && isRoot) for (const line of await installUpstream(runCommand)) say(line);
  if (isRoot) await prepareDocker([...packagedImages, ...(long ? imagesOfLong : [])]);
  const sound = [
    await step('types', ['node_modules/.bin/tsc', '--noEmit']),
    await step('form', ['node_modules/.bin/biome', 'check']),
  ];
  const runs =
    patterns.length > 0
      ? [await runTests(patterns, 2, fileTimeoutMs.named)]
      : // One after the other where whole stacks are brought up.
        [await runTests(['src/**/*.test.ts'], 2), await runTests(['e2e/*.test.ts'], 1)];
  if (sound.includes(false)) say('types or form have faults: see above');
  for (const key of summaryKeys) {
    const sum = runs.reduce((total, { summary }) => total + (summary.get(key) ?? 0), 0);
    process.stdout.write(`ℹ ${key} ${sum}\n`);
  }
  return sound.every(Boolean) && runs.every(({ code }) => code === 0) ? 0 : 1;
}

async function installPrograms(): Promise<boolean> {
  const missing = await missingPrograms(programs, process.env.PATH ?? '');
  if (missing.length === 0) return true;
  const command = ['apt-get', 'install', '-y', ...new Set(missing.map(({ debian }) => debian))];
  if (!isRoot) {
    say(`the tests need more programs: sudo ${command.join(' ')}`);
    return false;
  }
  say(command.join(' '));
  await runCommand(['apt-get', 'update']);
  const { code, tail } = await runCommand(command);
  if (code !== 0) say(`it ended with ${code}:\n${tail}`);
  return code === 0;
}

async function installPackage(wanted: NpmPackage): Promise<void> {
  await ensureNpmPackage(wanted, npmWorld(wanted));
}

function npmWorld({
  title,
  version,
  megabytes,
}: Pick<NpmPackage, 'title' | 'version' | 'megabytes'>) {
  let said = false;
  return {
    cacheDir: join(root, '.cache'),
    node: process.execPath,
    variables: process.env,
    run: runCommand,
    update: () => {
      if (!said) say(`installing ${title} ${version} into .cache (${megabytes} MB, once)`);
      said = true;
    },
  };
}

/** What the tests with a daemon need and could not fetch from inside their network. */
async function prepareDocker(images: readonly Parameters<typeof ensureImage>[0][]): Promise<void> {
  if (await installCompose(runCommand)) say('installed docker compose into .cache/docker');
  for (const name of images) {
    const { reference, bytes } = await ensureImage(name);
    say(`image ${reference} (${Math.ceil(bytes / 1e6)} MB)`);
  }
}

/** The tests that need them say so where they could not be installed. */
async function installPythonClients(): Promise<void> {
  const folder = join(root, '.cache/python');
  const stamp = join(folder, 'installed');
  const wanted = pythonClients.join(' ');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say(`installing ${wanted} into .cache/python (110 MB, once)`);
  rmSync(folder, { recursive: true, force: true });
  for (const command of [
    ['python3', '-m', 'venv', folder],
    [join(folder, 'bin/pip'), 'install', '--quiet', ...pythonClients],
  ]) {
    const { code, tail } = await runCommand(command);
    if (code === 0) continue;
    say(`without the Python clients: ${command.slice(0, 2).join(' ')} ended with ${code}: ${tail}`);
    return rmSync(folder, { recursive: true, force: true });
  }
  writeFileSync(stamp, wanted);
}

async function step(name: string, argv: readonly string[]): Promise<boolean> {
  const code = await run([process.execPath, ...argv], () => undefined);
  say(`${name}: ${code === 0 ? 'fine' : 'FAULTS'}`);
  return code === 0;
}

interface TestRun {
  readonly code: number;
  readonly summary: ReadonlyMap<string, number>;
}

async function runTests(
  patterns: readonly string[],
  concurrency: number,
  timeoutMs: number = fileTimeoutMs.all,
): Promise<TestRun> {
  const summary = new Map<string, number>();
  const argv = ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMs}`];
  const code = await run([...sealed(), process.execPath, ...argv, ...patterns], (line) => {
    const match = /^ℹ (\w+) ([0-9.]+)$/.exec(line);
    if (match?.[1] !== undefined) summary.set(match[1], Number(match[2]));
  });
  return { code, summary };
}

/**
 * A network of its own with nothing but loopback. An ordinary user needs a user namespace to make
 * one.
 */
function sealed(): readonly string[] {
  const up = 'ip link set lo up && exec "$@"';
  return ['unshare', ...(isRoot ? ['-n'] : ['-Urn']), 'sh', '-c', up, 'sh'];
}

function run(argv: readonly string[], onLine: (line: string) => void): Promise<number> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let partial = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      const lines = (partial + chunk.toString()).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function say(text: string): void {
  process.stdout.write(`clincher tests: ${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));
