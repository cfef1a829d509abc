// The life of a stack at the command line, with the real agent: up, again, two at once, a change,
// a restart, Ctrl-C; and what stops an `up` before anything is started.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clincher, launcher, plainEnvironment } from '../src/testing/run-program.ts';
import { type TempDir, tempDir } from '../src/testing/temp-dir.ts';

let dir: TempDir;
let port: number;
let stack: ChildProcess;
let said = '';
const outputs: string[] = [];

before(async () => {
  dir = tempDir();
  port = await freePort();
  declare('20');
  stack = spawn(launcher, ['up', '--demo'], { cwd: dir.path, env: plainEnvironment() });
  for (const stream of [stack.stdout, stack.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  await saidBy(stack, /Ctrl-C takes everything down/, 180_000);
});

after(async () => {
  if (stack.exitCode === null) {
    stack.kill('SIGINT');
    await once(stack, 'exit');
  }
  dir[Symbol.dispose]();
});

/** A port of loopback that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

function declare(budgetUsd: string): void {
  const ingress = `{ listen: "127.0.0.1:${port}", origin: "https://localhost:${port}" }`;
  const provider = 'providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }';
  const text = `version: 1\n${provider}\nbudget: { usd: ${budgetUsd}, per: day }\ningress: ${ingress}\n`;
  writeFileSync(join(dir.path, 'clincher.yaml'), text);
}

async function saidBy(child: ChildProcess, what: RegExp, deadlineMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(deadlineMs);
  while (!what.test(said)) {
    assert.equal(child.exitCode, null, `it ended: ${said}`);
    await Promise.race([
      once(child.stdout ?? child, 'data', { signal: deadline }),
      once(child.stderr ?? child, 'data', { signal: deadline }),
      once(child, 'exit', { signal: deadline }),
    ]);
  }
}

async function ask(...args: readonly string[]) {
  const outcome = await clincher(args, { cwd: dir.path, deadlineMs: 120_000 });
  outputs.push(outcome.stdout, outcome.stderr);
  return outcome;
}

async function pids(): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await ask('status', '--json');
  const { services } = JSON.parse(stdout) as { services: { name: string; pid: number }[] };
  return new Map(services.map(({ name, pid }) => [name, pid]));
}

/** What has ended and was not yet collected by the machine's first process is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function differing(one: ReadonlyMap<string, number>, two: ReadonlyMap<string, number>): string[] {
  return [...one.keys()].filter((name) => one.get(name) !== two.get(name)).sort();
}

test('up says what it does and ends with the address and how to sign in', () => {
  assert.match(said, /checked: 7 services, \d+ edges, safe/);
  assert.match(said, new RegExp(`clincher is up: https://localhost:${port}/`));
  assert.match(said, /demonstration/);
  assert.match(said, /token/);
});

test('every service is ready, and the Control UI answers over the certificate that was made', async () => {
  const { code, stdout } = await ask('status');
  assert.equal(code, 0, stdout);
  assert.equal(stdout.match(/ready/g)?.length, 7);
  const ca = readFileSync(join(dir.path, '.clincher/secrets/generated/ingress-ca'));
  const [response] = await once(get({ host: 'localhost', port, path: '/', ca }), 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
});

test('a second up changes nothing and says so', async () => {
  const first = await pids();
  const { code, stderr } = await ask('up', '--demo');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /nothing changes: all 7 services run as declared/);
  assert.deepEqual(differing(first, await pids()), []);
});

test('a changed budget is said in a sentence, and only llm is replaced', async () => {
  const first = await pids();
  declare('30');
  const planned = await ask('plan');
  assert.match(planned.stdout, /replaces +llm/);
  const { code, stderr } = await ask('up', '--demo');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /replaces llm/);
  assert.match(stderr, /budget.*30/);
  assert.deepEqual(differing(first, await pids()), ['llm']);
});

test('two at once: one changes the stack, the other is told', async () => {
  declare('40');
  const outcomes = await Promise.all([ask('up', '--demo'), ask('up', '--demo')]);
  const codes = outcomes.map(({ code }) => code).sort();
  assert.ok(codes[0] === 0 && (codes[1] === 0 || codes[1] === 3), JSON.stringify(outcomes));
  for (const { code, stderr } of outcomes) {
    assert.match(
      stderr,
      code === 0 ? /replaces llm|nothing changes/ : /another clincher up is at work/,
    );
  }
});

test('restart replaces the one that is named, and says which there are', async () => {
  const first = await pids();
  const { code, stdout } = await ask('restart', 'metrics');
  assert.equal(code, 0);
  assert.equal(stdout, 'restarted: metrics\n');
  assert.deepEqual(differing(first, await pids()), ['metrics']);
  const wrong = await ask('restart', 'metric');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Running: .*metrics/);
});

test('logs shows what a service said, and no more than asked for', async () => {
  const { code, stdout } = await ask('logs', 'llm', '-n', '1', '--json');
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split('\n').length, 1);
  const { service, event } = JSON.parse(stdout);
  assert.equal(service, 'llm');
  const read = await ask('logs', 'llm', '-n', '1');
  assert.match(read.stdout, new RegExp(`^[0-9:]{8} ${event}`));
});

test("the agent's own command line runs in its jail", async () => {
  const { code, stdout } = await ask('openclaw', '--version');
  assert.equal(code, 0);
  assert.match(stdout, /2026\./);
});

test('a port in use stops an up before anything is started', async () => {
  using other = tempDir();
  writeFileSync(join(other.path, 'clincher.yaml'), readFileSync(join(dir.path, 'clincher.yaml')));
  const options = { cwd: other.path };
  const { code, stderr } = await clincher(['up', '--demo'], options);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.match((await clincher(['status'], options)).stdout, /nothing is running/);
});

test('an agent that cannot be had stops an up before anything is started', async () => {
  using other = tempDir();
  const text = readFileSync(join(dir.path, 'clincher.yaml'), 'utf8');
  writeFileSync(join(other.path, 'clincher.yaml'), `${text}agent: { version: "2026.99.99" }\n`);
  const env = plainEnvironment({ npm_config_fetch_retries: '0', npm_config_offline: 'true' });
  const { code, stderr } = await clincher(['up', '--demo'], { cwd: other.path, env });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /openclaw@2026\.99\.99 could not be installed/);
});

test('no secret was printed by anything', async () => {
  const generated = join(dir.path, '.clincher/secrets/generated');
  const all = `${said}${outputs.join('')}`;
  for (const name of ['agent-key', 'gateway-token', 'metrics-token', 'ingress-tls-key']) {
    assert.ok(!all.includes(readFileSync(join(generated, name), 'utf8')), name);
  }
  const refused = await clincher(['token'], { cwd: dir.path });
  assert.equal(refused.code, 2);
  assert.equal(refused.stdout, '', 'a pipe may be a log');
  const token = await clincher(['token', '--raw'], { cwd: dir.path });
  assert.equal(token.stdout.trim(), readFileSync(join(generated, 'gateway-token'), 'utf8'));
});

test('Ctrl-C takes everything down, and the way is free for the next', async () => {
  const processes = await pids();
  stack.kill('SIGINT');
  const [code] = await once(stack, 'exit');
  assert.equal(code, 0, said);
  assert.match(said, /taking down: every service is stopped/);
  for (const [name, pid] of processes) {
    assert.equal(isAlive(pid), false, `${name} is gone`);
  }
  assert.equal((await ask('status')).code, 1);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});
