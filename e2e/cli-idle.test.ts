// Commands with nothing running, secrets, and roles started alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { clincher, plainEnvironment, run } from '../src/testing/run-program.ts';
import { checkout } from '../src/testing/source-tree.ts';
import { tempDir } from '../src/testing/temp-dir.ts';

const good =
  'version: 1\nproviders:\n  anthropic: { key: env:ANTHROPIC_API_KEY }\nbudget: { usd: 20, per: day }\n';

const idle: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [['status'], 1, /nothing is running; start it with: clincher up/],
  [['down'], 0, /nothing was running/],
  [['restart', 'llm'], 1, /no stack is running/],
  [['openclaw', 'devices', 'list'], 1, /no stack is running/],
  [['verify'], 1, /no stack is running/],
  [['token'], 2, /there is no gateway token/],
];

for (const [args, code, says] of idle) {
  test(`with nothing running, clincher ${args.join(' ')} says so and makes nothing`, async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, 'clincher.yaml'), good);
    const outcome = await clincher(args, { cwd: dir.path });
    assert.equal(outcome.code, code, outcome.stderr);
    assert.match(`${outcome.stdout}${outcome.stderr}`, says);
    assert.deepEqual(readdirSync(dir.path), ['clincher.yaml']);
  });
}

test('plan says what a first up would start', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), good);
  const { code, stdout } = await clincher(['plan'], { cwd: dir.path });
  assert.equal(code, 0);
  for (const name of ['egress', 'llm', 'gateway', 'ingress', 'metrics']) {
    assert.match(stdout, new RegExp(`starts +${name}`));
  }
});

test('a state directory that cannot be one is refused before anything is made', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), good);
  writeFileSync(join(dir.path, 'state'), 'a file');
  const { code, stderr } = await clincher(['up', '--state', 'state'], { cwd: dir.path });
  assert.equal(code, 3);
  assert.match(stderr, /the state directory .*state cannot be used/);
  assert.deepEqual(readdirSync(dir.path).sort(), ['clincher.yaml', 'state']);
});

test('a secret goes from stdin into a file of its owner’s and is never printed', async () => {
  using dir = tempDir();
  const value = 'sk-a-value-nobody-may-see';
  const outcomes = [
    await clincher(['secret', 'set', 'anthropic'], { cwd: dir.path, input: `${value}\n` }),
    await clincher(['secret', 'list'], { cwd: dir.path }),
  ];
  const file = join(dir.path, '.clincher', 'secrets', 'user', 'anthropic');
  assert.equal(readFileSync(file, 'utf8'), value);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(outcomes[1]?.stdout, 'anthropic\n');
  for (const { stdout, stderr } of outcomes) assert.ok(!`${stdout}${stderr}`.includes(value));
  assert.equal((await clincher(['secret', 'remove', 'anthropic'], { cwd: dir.path })).code, 0);
  assert.equal((await clincher(['secret', 'remove', 'anthropic'], { cwd: dir.path })).code, 1);
  const empty = await clincher(['secret', 'set', 'anthropic'], { cwd: dir.path, input: '\n' });
  assert.equal(empty.code, 2);
  const elsewhere = await clincher(['secret', 'set', '../x'], { cwd: dir.path, input: 'x' });
  assert.equal(elsewhere.code, 2);
});

test('a role refuses settings it does not know, every fault on a line, with exit code 2', async () => {
  using dir = tempDir();
  const settings = join(dir.path, 'egress.json');
  writeFileSync(settings, JSON.stringify({ service: 'egress', admin: ['nowhere'], rulez: [] }));
  const { code, stderr } = await clincher(['serve', 'egress', '--settings', settings]);
  assert.equal(code, 2);
  const faults = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).message);
  assert.ok(faults.length >= 3, stderr);
  assert.ok(faults.some((fault) => /admin\[0\]/.test(fault)));
  assert.ok(faults.some((fault) => /rulez/.test(fault)));
});

test('a role alone answers on its admin socket, and leaves with 0 when told to', async () => {
  using dir = tempDir();
  const settings = join(dir.path, 'egress.json');
  const address = (name: string) => `unix:${join(dir.path, name)}`;
  const listen = [{ address: address('proxy'), caller: 'llm' }];
  const told = { service: 'egress', admin: [address('admin')], listen, rules: [] };
  writeFileSync(settings, JSON.stringify(told));
  const entry = join(checkout, 'src/cli/serve.ts');
  const child = spawn(process.execPath, [entry, 'egress', '--settings', settings], {
    env: plainEnvironment(),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const [line] = await once(child.stderr, 'data');
  assert.match(String(line), /"event":"serving"/);
  const health = request({ socketPath: join(dir.path, 'admin'), path: '/healthz' }).end();
  const [response] = await once(health, 'response');
  assert.equal(response.statusCode, 200);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

/**
 * Hides this machine's systemd, or has one seem to be there; either way nothing outside is touched.
 */
function underInit(dir: string, booted: boolean): readonly string[] {
  const hide = 'mount -t tmpfs none /run && mount -t tmpfs none /etc/systemd 2>/dev/null';
  const seem = booted ? ' && mkdir -p /run/systemd/system' : '';
  const unshare = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-Urm'];
  const script = `(${hide} || true)${seem}; cd "$1"; exec "$2" service install`;
  return [...unshare, 'sh', '-c', script, 'sh', dir, join(checkout, 'clincher')];
}

test('service install without systemd says what to do instead', async () => {
  using dir = tempDir();
  writeFileSync(join(dir.path, 'clincher.yaml'), good);
  const { code, stderr } = await run(underInit(dir.path, false));
  assert.equal(code, 3, stderr);
  assert.match(stderr, /systemd does not run this machine\n {2}Have what starts your services run/);
});

test('service install refuses a key that lives in a shell, and says how to store it', async () => {
  using dir = tempDir();
  mkdirSync(join(dir.path, 'stack'));
  chmodSync(dir.path, 0o755);
  writeFileSync(join(dir.path, 'stack', 'clincher.yaml'), good);
  const { code, stderr } = await run(underInit(join(dir.path, 'stack'), true));
  assert.equal(code, 2, stderr);
  assert.match(stderr, /printenv ANTHROPIC_API_KEY \| clincher secret set anthropic_api_key/);
});
