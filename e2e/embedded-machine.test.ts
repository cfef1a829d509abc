// Machines that are not as they should be: each fault ends in one message with its code, and
// nothing half-started.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkJails } from '../src/drivers/embedded/preflight-jails.ts';
import { checkStateDir } from '../src/drivers/embedded/preflight-state.ts';
import { startSupervisor } from '../src/drivers/embedded/start-supervisor.ts';
import type { ClincherError } from '../src/kit/error.ts';
import type { Plan } from '../src/plan/model.ts';
import { isReady, observed, until } from '../src/testing/driver-contract.ts';
import {
  openEmbeddedDriver,
  openEmbeddedWorld,
  repositoryRoot,
} from '../src/testing/embedded-world.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'clincher-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('preflight finds nothing wrong with this machine', async () => {
  const driver = await openEmbeddedDriver(join(folder, 'fresh'));
  assert.deepEqual(await driver.preflight(planOf([tinyService('one')])), []);
});

test('preflight says which kernel switch denies user namespaces, and the command that turns it', () => {
  // Inside a namespace that allows no further one, as a hardened kernel does for everybody.
  const program = `
    import { checkJails } from '${repositoryRoot}/src/drivers/embedded/preflight-jails.ts';
    console.log(JSON.stringify(await checkJails(1000)));
  `;
  const script =
    'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" --input-type=module-typescript -e "$1"';
  const argv = ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, program];
  const run = spawnSync('unshare', argv, { encoding: 'utf8', cwd: '/' });
  const [finding, ...others] = JSON.parse(run.stdout);
  assert.deepEqual(others, []);
  assert.equal(finding.id, 'user-namespaces-denied');
  assert.equal(finding.severity, 'fatal');
  assert.match(finding.message, /user\.max_user_namespaces is 0/);
  assert.match(finding.fix, /user\.max_user_namespaces=15000/);
});

test('preflight tells bubblewrap that is missing, too old or refused by the kernel apart', async () => {
  const rows = [
    ['exit 127', 'bubblewrap-missing', /is not installed/],
    ['echo bubblewrap 0.6.1', 'bubblewrap-missing', /0\.6\.1 is older than 0\.8/],
    [
      'test "$1" = --version && exec echo bubblewrap 0.9.0\n' +
        'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1',
      'user-namespaces-denied',
      /setting up uid map: Permission denied/,
    ],
  ] as const;
  for (const [script, id, message] of rows) {
    const findings = await withStub('bwrap', script, () => checkJails(0));
    assert.equal(findings.length, 1);
    assert.equal(findings[0]?.id, id);
    assert.match(findings[0]?.message ?? '', message);
    assert.notEqual(findings[0]?.fix, '');
  }
});

test('preflight reports a taken port, a missing mount and a missing agent all at once', async () => {
  const { createServer } = await import('node:net');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const mounts = [{ source: '/nowhere/docker.sock', target: '/run/docker.sock', readOnly: true }];
  const agent = { source: '/nowhere/openclaw', target: '/opt/agent', readOnly: true };
  const inherits = [{ host: '127.0.0.1', port }];
  const driver = await openEmbeddedDriver(join(folder, 'many'));
  const plan = planOf([
    tinyService('door', {}, { inherits }),
    tinyService('docker', {}, { mounts }),
    tinyService('gateway', {}, { role: 'relay', mounts: [agent] }),
  ]);
  const findings = await driver.preflight(plan);
  taken.close();
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['service-failed', 'agent-missing', 'port-in-use'],
  );
});

test('preflight does not find the running stack in its own way', async () => {
  const world = await openEmbeddedWorld();
  try {
    const service = tinyService(
      'door',
      { answerOn: [3] },
      { inherits: [{ host: '::1', port: 0 }] },
    );
    await world.driver.apply({ kind: 'start', service });
    const { worldListeners } = await world.driver.inspect('door');
    const port = Number(/^\[::1\]:(\d+)$/.exec(worldListeners[0] ?? '')?.[1]);
    const same = tinyService('door', {}, { inherits: [{ host: '::1', port }] });
    assert.deepEqual(await world.driver.preflight(planOf([same])), []);
    assert.deepEqual((await world.driver.observe()).topologyHash, null);
  } finally {
    await world.close();
  }
});

test('a state directory that is a file, of another user or too open is refused or put right', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assert.match(checkStateDir(file)[0]?.message ?? '', /it is not a directory/);
  const foreign = checkStateDir(folder, 4_242);
  assert.equal(foreign[0]?.id, 'state-unusable');
  assert.match(foreign[0]?.message ?? '', /belongs to user \d+, and you are user 4242/);
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  assert.deepEqual(checkStateDir(open), []);
  const mode = spawnSync('stat', ['-c', '%a', open], { encoding: 'utf8' }).stdout.trim();
  assert.equal(mode, '700');
});

test('a state directory that cannot be written ends the start with state-unusable', async () => {
  const file = join(folder, 'not-a-folder');
  writeFileSync(file, '');
  const start = startSupervisor({
    stateDir: join(file, 'state'),
    nodePath: process.execPath,
    detach: false,
  });
  await assert.rejects(start, (error: ClincherError) => {
    assert.equal(error.code, 'state-unusable');
    assert.match(error.message, /not-a-folder/);
    assert.notEqual(error.fix, undefined);
    return true;
  });
});

test('a service that uses more memory than it may is ended, and observe says that this was why', async () => {
  const world = await openEmbeddedWorld();
  try {
    const seenMechanism = (await world.driver.supervisor())?.limitMechanism;
    const service = tinyService('glutton', { eatMemory: true });
    await world.driver.apply({ kind: 'start', service });
    const seen = await until(world.driver, 'glutton', ({ restarts }) => restarts > 0);
    if (seenMechanism === 'rlimit') assert.match(seen.detail ?? '', /ended/);
    else assert.match(seen.detail ?? '', /more than its 256 MiB of memory/);
    await world.driver.apply({ kind: 'stop', name: 'glutton' });
    assert.equal(await observed(world.driver, 'glutton'), null);
    await world.driver.apply({ kind: 'start', service: tinyService('other') });
    await until(world.driver, 'other', isReady);
  } finally {
    await world.close();
  }
});

function planOf(services: Plan['services']): Plan {
  return { version: 1, driver: 'embedded', topologyHash: 'f00', services };
}

/** A program of ours in the place of another, for as long as `work` runs. */
async function withStub<T>(name: string, script: string, work: () => Promise<T>): Promise<T> {
  const stubs = mkdtempSync(join(folder, 'stubs-'));
  writeFileSync(join(stubs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { PATH = '' } = process.env;
  process.env.PATH = `${stubs}:${PATH}`;
  try {
    return await work();
  } finally {
    process.env.PATH = PATH;
  }
}
