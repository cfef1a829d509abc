// `clincher sandbox ls` and `explain` of a stack whose tools run over SSH: answered from what the
// service counts and by what it decides with, never as if there were containers.

import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pc from 'picocolors';
import { hostPaths } from '../../host/host-paths.ts';
import { openAdmin } from '../../net/admin.ts';
import { createSandboxMetrics, Load } from '../../roles/sandbox/house.ts';
import { recordedTelemetry, temporaryFolder } from '../../testing/wire.ts';
import { type DeclaredSsh, declaredSandbox } from './declared.ts';
import { explainSsh, sshLines } from './explain-ssh.ts';
import { listScopes, scopeLines } from './list-ssh.ts';

const head = `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
`;

async function declaredIn(folder: string, sandbox: string) {
  const config = join(folder, 'clincher.yaml');
  await writeFile(config, `${head}sandbox: ${sandbox}\n`);
  return declaredSandbox({ config });
}

async function declaredSsh(folder: string): Promise<DeclaredSsh> {
  const declared = await declaredIn(folder, '{ backend: ssh, memory: 2g, pids: 64 }');
  assert.ok(declared.backend === 'ssh');
  return declared;
}

test('the scopes are listed with what the running service counts', async () => {
  await using folder = await temporaryFolder();
  const declared = await declaredSsh(folder.path);
  const edge = hostPaths(folder.path).edge('supervisor--sandbox.admin');
  await mkdir(edge, { recursive: true });
  const telemetry = recordedTelemetry('sandbox');
  const load = new Load();
  load.connections = 3;
  load.open('agent', () => {}, 0);
  const metrics = createSandboxMetrics(telemetry, load);
  metrics.storage.set({ scope: 'agent-2' }, 1);
  metrics.storage.set({ scope: 'agent' }, 1.5 * 2 ** 30);
  const running = { health: () => ({ ready: true }), [Symbol.asyncDispose]: async () => {} };
  await using _admin = await openAdmin([`unix:${edge}/sock`], running, telemetry);
  const listed = await listScopes(declared, folder.path);
  assert.deepEqual(listed, {
    backend: 'ssh',
    scopes: [{ scope: 'agent', storageBytes: 1.5 * 2 ** 30, storageBytesMax: 8 * 2 ** 30 }],
    running: { commands: 1, commandsMax: 32, connections: 3 },
  });
  assert.deepEqual(scopeLines(listed), [
    'SCOPE  ON DISK',
    'agent  1.5 GiB, at most 8 GiB',
    '1 commands run, at most 32; 3 connections',
  ]);
});

test('of a sandbox that does not run, or whose socket leads elsewhere, nothing is claimed', async () => {
  await using folder = await temporaryFolder();
  const declared = await declaredSsh(folder.path);
  const lines = async () => scopeLines(await listScopes(declared, folder.path));
  const down = [
    'SCOPE  ON DISK',
    'agent  not measured, at most 8 GiB',
    'the sandbox does not run; start it with: clincher up',
  ];
  assert.deepEqual(await lines(), down);
  const edge = hostPaths(folder.path).edge('supervisor--sandbox.admin');
  await mkdir(edge, { recursive: true });
  await symlink('/dev/null', join(edge, 'sock'));
  assert.deepEqual(await lines(), down);
});

test('a request is explained as the service would answer it, with the jail it would get', async () => {
  await using folder = await temporaryFolder();
  const declared = await declaredSsh(folder.path);
  const explain = (kind: string, command: string | null = null, scope = 'agent') =>
    explainSsh(declared, { kind, command, scope });
  const allowed = explain('exec', 'python3 x.py --token=abc');
  const text = sshLines(allowed, pc.createColors(false)).join('\n');
  assert.match(text, /^allowed: scope agent, over SSH: exec\n {2}in the record: python3\n/);
  assert.match(text, /without a network\n.*2 GiB of memory, 1 CPU, 64 processes\n/);
  assert.match(text, /decided when asked: how many commands run \(32\)/);
  assert.ok(!text.includes('abc'), 'an argument may be a secret');
  const reasonOf = (...asked: Parameters<typeof explain>) => explain(...asked).reason;
  assert.equal(reasonOf('exec', ''), 'ssh-command-refused');
  assert.equal(reasonOf('exec', 'x'.repeat(40_000)), 'ssh-command-refused');
  assert.equal(reasonOf('exec', 'ls', 'another'), 'ssh-scope-unknown');
  assert.equal(reasonOf('direct-tcpip'), 'ssh-forward-refused');
  assert.equal(reasonOf('subsystem'), 'ssh-request-refused');
  assert.equal(reasonOf('pty-req'), 'allowed');
  const denied = sshLines(explain('direct-tcpip'), pc.createColors(false)).join('\n');
  assert.match(denied, /^denied: .*\[ssh-forward-refused\]\n/);
  assert.ok(!denied.includes('jail of its own'));
  assert.throws(() => explain('GET', '/containers/json'), { code: 'usage', message: /over SSH/ });
  assert.throws(() => explain('exec'), { code: 'usage' });
});

test('without a sandbox that is what is said', async () => {
  await using folder = await temporaryFolder();
  const none = declaredIn(folder.path, '{ backend: none }');
  await assert.rejects(none, { code: 'unknown-service', message: /the agent's own jail/ });
  const docker = await declaredIn(folder.path, '{ backend: docker, user: "1000:1000" }');
  assert.equal(docker.backend, 'docker');
});
