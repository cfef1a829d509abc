// What is left when something ends under a stack of containers: the daemon ends and comes back, the
// disk of the state directory is full, a version does not come up. Of the money: docker-ledger.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerSkip } from '../src/testing/docker-daemon.ts';
import { type DockerWorld, openDockerWorld, startRoleDaemon } from '../src/testing/docker-world.ts';
import { code, isReady, observed, until } from '../src/testing/driver-contract.ts';
import { fillDisk } from '../src/testing/full-disk.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { run } from '../src/testing/run-program.ts';
import { tinyService } from '../src/testing/tiny-service.ts';

if (dockerSkip !== false) test('recovery of containers', { skip: dockerSkip });
else inOwnNetwork(import.meta.url, {}, tests);

const ledger = '/var/lib/clincher/ledger';
const keep = `import { writeFileSync } from 'node:fs'; writeFileSync('${ledger}', 'kept');`;
const recall = `import { readFileSync } from 'node:fs'; console.log(readFileSync('${ledger}', 'utf8'));`;

function tests(): void {
  const small = mkdtempSync(join(tmpdir(), 'clincher-small-'));
  let started: Awaited<ReturnType<typeof startRoleDaemon>>;
  let world: DockerWorld;
  before(async () => {
    // Before the daemon, which sees what was mounted when it began.
    await run(['mount', '-t', 'tmpfs', '-o', 'size=4m,mode=0755', 'tmpfs', small]);
    started = await startRoleDaemon();
    world = await openDockerWorld('sealed', async () => null, started, small);
  });
  after(async () => {
    await world?.close();
    await started?.daemon[Symbol.asyncDispose]();
    await run(['umount', '--lazy', small]);
    rmdirSync(small);
  });

  test('a daemon that ends and comes back has the containers back, with what they kept', async () => {
    const { driver } = world;
    const service = tinyService('keeper', {}, { state: true });
    await driver.apply({ kind: 'start', service });
    await driver.probe('keeper', keep, {}, 10_000);
    const { daemon } = started;
    await daemon.stop();
    await assert.rejects(driver.observe(), code('docker-unreachable'));
    await daemon.start();
    await until(driver, 'keeper', isReady, 60_000);
    assert.equal((await driver.probe('keeper', recall, {}, 10_000)).trim(), 'kept');
    assert.equal((await observed(driver, 'keeper'))?.hash, service.hash);
  });

  test('a daemon that is killed in the middle of a change leaves one that the next start ends', async () => {
    const { driver } = world;
    await driver.apply({ kind: 'start', service: tinyService('changing') });
    const before = await observed(driver, 'changing');
    const service = tinyService('changing', {}, { state: true });
    const change = assert.rejects(
      driver.apply({ kind: 'replace', service }),
      code('docker-unreachable'),
    );
    await ended(before?.pid ?? assert.fail('it does not run'));
    await started.daemon.kill();
    await change;
    await started.daemon.start();
    await driver.apply({ kind: 'start', service });
    const seen = await observed(driver, 'changing');
    assert.deepEqual([seen?.state, seen?.hash], ['ready', service.hash]);
    await driver.apply({ kind: 'stop', name: 'changing' });
  });

  test('a full disk refuses the next start, and what runs goes on', async () => {
    const { driver, stateDir } = world;
    const before = await observed(driver, 'keeper');
    const filler = join(stateDir, 'filler');
    fillDisk(filler);
    const late = driver.apply({ kind: 'start', service: tinyService('late') });
    await assert.rejects(late, code('disk-full'));
    assert.equal(await observed(driver, 'late'), null);
    assert.equal((await observed(driver, 'keeper'))?.pid, before?.pid);
    rmSync(filler);
    await driver.apply({ kind: 'start', service: tinyService('late') });
  });

  test('what is left of a version that did not come up is kept, and told until one does', async () => {
    const { driver } = world;
    await driver.apply({ kind: 'start', service: tinyService('steady') });
    const service = tinyService('steady', { print: ['the database is gone'], exitAtOnce: 3 });
    await assert.rejects(driver.apply({ kind: 'replace', service }), code('service-failed'));
    const seen = await observed(driver, 'steady');
    assert.equal(seen?.state, 'ready');
    const [, folder = ''] = /did not come up at .* UTC: (.*)$/.exec(seen.detail ?? '') ?? [];
    assert.match(readFileSync(join(folder, 'log'), 'utf8'), /the database is gone/);
    const [said] = JSON.parse(readFileSync(join(folder, 'inspect.json'), 'utf8'));
    assert.equal(said.Config.Labels['clincher.hash'], service.hash);
    await driver.apply({ kind: 'replace', service: tinyService('steady', {}, { state: true }) });
    assert.equal((await observed(driver, 'steady'))?.detail, null);
  });
}

async function ended(pid: number): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (!existsSync(`/proc/${pid}`)) return;
    await delay(10);
  }
  assert.fail(`process ${pid} runs on`);
}
