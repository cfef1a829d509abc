// The life of the supervisor itself: one per state directory, gone with all its jails however it
// ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSupervisor } from '../src/drivers/embedded/start-supervisor.ts';
import { hostPaths } from '../src/host/host-paths.ts';
import { processesInNamespaceOf } from '../src/host/proc.ts';
import type { ClincherError } from '../src/kit/error.ts';
import { code, isReady, observed, until } from '../src/testing/driver-contract.ts';
import {
  openEmbeddedDriver,
  openEmbeddedWorld,
  repositoryRoot,
} from '../src/testing/embedded-world.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

const nodePath = process.execPath;

test('a second supervisor on the same state directory is refused, and the first keeps running', async () => {
  const world = await openEmbeddedWorld();
  try {
    await world.driver.apply({ kind: 'start', service: tinyService('one') });
    await assert.rejects(
      startSupervisor({ stateDir: world.stateDir, nodePath, detach: false }),
      (error: ClincherError) => {
        assert.equal(error.code, 'already-running');
        assert.match(error.fix ?? '', /clincher status/);
        return true;
      },
    );
    // What a second `up` does then: it talks to the first.
    const second = await openEmbeddedDriver(world.stateDir);
    assert.equal((await observed(second, 'one'))?.state, 'ready');
  } finally {
    await world.close();
  }
});

test('two supervisors started at once: exactly one runs', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'clincher-test-'));
  const start = () => startSupervisor({ stateDir, nodePath, detach: false });
  const outcomes = await Promise.allSettled([start(), start(), start()]);
  const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
  for (const { value } of won) await value.close();
  await rm(stateDir, { recursive: true });
  assert.equal(won.length, 1);
  for (const { reason } of lost) assert.equal(reason.code, 'already-running');
});

test('a killed supervisor takes its jails with it, and the next one starts from its state', async () => {
  const world = await openEmbeddedWorld();
  const service = tinyService('kept', {}, { state: true });
  await world.driver.apply({ kind: 'start', service });
  const pid = (await observed(world.driver, 'kept'))?.pid ?? assert.fail('it does not run');
  assert.ok(processesInNamespaceOf(pid).length >= 2);
  await world.driver.probe(
    'kept',
    `import { writeFileSync } from 'node:fs'; writeFileSync('/var/lib/clincher/memo', 'mine');`,
    null,
    10_000,
  );
  process.kill(world.supervisor.pid, 'SIGKILL');
  assert.equal(await world.supervisor.ended, 'signal SIGKILL');
  await gone(pid);
  // The machine as a crash or a reboot leaves it: socket, bundles and facts still lie there.
  assert.ok(existsSync(hostPaths(world.stateDir).control));
  assert.deepEqual(await world.driver.observe(), { topologyHash: null, services: [] });
  await assert.rejects(world.driver.apply({ kind: 'start', service }), code('not-running'));
  const again = await openEmbeddedWorld({ stateDir: world.stateDir });
  try {
    await again.driver.apply({ kind: 'start', service });
    const read = `import { readFileSync } from 'node:fs';
      console.log(readFileSync('/var/lib/clincher/memo', 'utf8'));`;
    assert.equal(await again.driver.probe('kept', read, null, 10_000), 'mine\n');
  } finally {
    await again.close();
  }
});

test('an attached supervisor ends with its starter, even one that was killed', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'clincher-test-'));
  const start = `
    import { startSupervisor } from '${repositoryRoot}/src/drivers/embedded/start-supervisor.ts';
    const stateDir = process.argv[1] ?? '';
    const { pid } = await startSupervisor({ stateDir, nodePath: process.execPath, detach: false });
    console.log(pid);
  `;
  const argv = ['--input-type=module-typescript', '-e', start, stateDir];
  const starter = spawn(nodePath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(starter.stdout, 'data');
  const supervisorPid = Number(String(line));
  const driver = await openEmbeddedDriver(stateDir);
  await driver.apply({ kind: 'start', service: tinyService('one') });
  const pid = (await observed(driver, 'one'))?.pid ?? assert.fail('it does not run');
  starter.kill('SIGKILL');
  await gone(pid);
  await gone(supervisorPid);
  assert.ok(!existsSync(hostPaths(stateDir).control));
  await rm(stateDir, { recursive: true });
});

test('a detached supervisor is told to stop by another process, and leaves only state and logs', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'clincher-test-'));
  const { pid } = await startSupervisor({ stateDir, nodePath, detach: true, warm: false });
  const secrets = async () => null;
  const driver = await openEmbeddedDriver(stateDir, { secrets });
  for (const name of ['first', 'second']) {
    await driver.apply({ kind: 'start', service: tinyService(name, {}, { state: true }) });
  }
  assert.equal(await driver.shutdown(), true);
  await gone(pid);
  assert.deepEqual(readdirSync(hostPaths(stateDir).run), ['lock']);
  assert.deepEqual(readdirSync(stateDir).sort(), ['code-cache', 'logs', 'run', 'services']);
  assert.match(readFileSync(hostPaths(stateDir).log('first'), 'utf8'), /told to stop/);
  assert.equal(await driver.shutdown(), false);
  await rm(stateDir, { recursive: true });
});

test('a service that ignores SIGTERM is killed after the grace', async () => {
  const world = await openEmbeddedWorld({ stopGraceMs: 300 });
  try {
    await world.driver.apply({
      kind: 'start',
      service: tinyService('deaf', { ignoreSigterm: true }),
    });
    const pid = (await observed(world.driver, 'deaf'))?.pid ?? assert.fail('it does not run');
    await world.driver.apply({ kind: 'stop', name: 'deaf' });
    assert.deepEqual(processesInNamespaceOf(pid), []);
  } finally {
    await world.close();
  }
});

test('SIGTERM to the supervisor takes everything down, also what is still starting', async () => {
  const world = await openEmbeddedWorld();
  const health = { ready: false };
  const never = tinyService('never', { health }, { readyTimeoutMs: 60_000 });
  const starting = world.driver.apply({ kind: 'start', service: never });
  const refused = assert.rejects(starting, /was stopped before it was ready/);
  await until(world.driver, 'never', (seen) => seen.pid !== null);
  process.kill(world.supervisor.pid, 'SIGTERM');
  assert.equal(await world.supervisor.ended, 'exit code 0');
  await refused;
  await world.close();
});

test('a service that keeps ending is started again later and later, then given up as failed', async () => {
  const world = await openEmbeddedWorld();
  try {
    await world.driver.apply({
      kind: 'start',
      service: tinyService('crash', { exitAfterMs: 100 }),
    });
    const seen = await until(world.driver, 'crash', ({ state }) => state === 'failed');
    assert.match(seen.detail ?? '', /ended \(exit code 9\)/);
    assert.equal(seen.pid, null);
    await world.driver.apply({ kind: 'start', service: tinyService('crash') });
    await until(world.driver, 'crash', isReady);
  } finally {
    await world.close();
  }
});

test('what others could read is closed: folders 0700, files with secrets 0600', async () => {
  const world = await openEmbeddedWorld();
  try {
    await world.driver.apply({
      kind: 'start',
      service: tinyService('one', { print: ['up'] }, { state: true }),
    });
    const paths = hostPaths(world.stateDir);
    const [bundle = ''] = readdirSync(paths.bundles('one'));
    const modes = [
      paths.run,
      paths.logs,
      paths.state('one'),
      paths.control,
      paths.bundle('one', bundle),
      join(paths.bundle('one', bundle), 'settings.json'),
      paths.log('one'),
    ].map((path) => (statSync(path).mode & 0o777).toString(8));
    assert.deepEqual(modes, ['700', '700', '700', '600', '700', '600', '600']);
  } finally {
    await world.close();
  }
});

test('compiled code is made once for a role, in a jail that is told nothing, and then read by it', async () => {
  const world = await openEmbeddedWorld({ warm: true });
  try {
    const { codeCache } = hostPaths(world.stateDir);
    const service = tinyService('one', {}, { secrets: ['key'] });
    await world.driver.apply({ kind: 'start', service });
    const deadline = performance.now() + 15_000;
    while (!existsSync(join(codeCache, 'demo.warm'))) {
      assert.ok(performance.now() < deadline, 'no code was compiled');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const [folder = ''] = readdirSync(codeCache).filter((name) => name.startsWith('v24'));
    const files = readdirSync(join(codeCache, folder));
    assert.ok(files.length > 0);
    const spoil = `import fs from 'node:fs';
      const at = '/opt/cache/${folder}/${files[0]}';
      try { fs.writeFileSync(at, 'x'); console.log('written'); } catch (error) { console.log(error.code); }`;
    assert.equal(await world.driver.probe('one', spoil, null, 10_000), 'EROFS\n');
  } finally {
    await world.close();
  }
});

/** Resolves when the process is gone; fails after a deadline far beyond what any machine needs. */
async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (existsSync(`/proc/${pid}`)) {
    assert.ok(performance.now() < deadline, `process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
