// Deploying over ssh to the real sshd: what is sent and what is not, and that whatever goes wrong
// leaves what ran before.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cargo, CargoFile } from '../src/deploy/cargo.ts';
import { deploy } from '../src/deploy/deploy.ts';
import { type DeployPlan, planSentences } from '../src/deploy/plan.ts';
import { type FarSide, openFarSide } from '../src/deploy/ssh.ts';
import { runCommand } from '../src/kit/run-command.ts';
import { smallCargo, withFarHost } from '../src/testing/far-host.ts';

const secret: CargoFile = {
  path: 'files/provider-key',
  content: Buffer.from('sk-never-in-an-argument'),
  isSecret: true,
};

withFarHost(import.meta.url, (box) => {
  let count = 0;

  /** What it planned and sent; throws what it throws. */
  async function send(cargo: Cargo, more: { dryRun?: boolean; holder?: string } = {}) {
    const asked: { readonly args: readonly string[]; readonly sends: boolean }[] = [];
    let plan: DeployPlan | null = null;
    await using far = await openFarSide({ name: 'box', configFile: box().configFile });
    const watched: FarSide = {
      ...far,
      ask: (script, args, input) => {
        asked.push({ args: [script, ...args], sends: input !== undefined });
        return far.ask(script, args, input);
      },
    };
    count += 1;
    const order = {
      dir: 'clincher',
      holder: more.holder ?? 'ann@laptop',
      release: `2026-${String(count).padStart(3, '0')}`,
      dryRun: more.dryRun ?? false,
      cargo: async () => cargo,
    };
    await deploy(watched, order, {
      warn: () => undefined,
      step: () => undefined,
      plan: (made) => {
        plan = made;
      },
    });
    assert.ok(plan !== null);
    return { plan: plan as DeployPlan, asked };
  }

  test('a dry run says all that would be done, and does nothing', async () => {
    const cargo = await smallCargo('one', 'a: 1\n', [secret]);
    const { plan } = await send(cargo, { dryRun: true });
    assert.deepEqual(planSentences(plan, cargo), [
      'sends the program and its locked dependencies (1 kB)',
      'sends release 2026-001: clincher.yaml, files/provider-key',
      'brings the stack up and verifies it',
      'goes back to the release before when that fails',
    ]);
    assert.equal(existsSync(join(box().home, 'clincher')), false);
  });

  test('a first release that does not verify is taken down, and is not the current one', async () => {
    await assert.rejects(send(await smallCargo('one', 'broken\n')), { code: 'deploy-failed' });
    assert.equal(await box().running(), null);
    assert.equal(await box().current(), null);
  });

  test('a deployment brings up what it sent; no secret is in an argument', async () => {
    const { asked } = await send(await smallCargo('one', 'a: 1\n', [secret]));
    assert.equal(await box().running(), 'one a: 1\n');
    const release = `clincher/releases/${await box().current()}`;
    assert.equal(await box().read(`${release}/files/provider-key`), 'sk-never-in-an-argument');
    const { mode } = await stat(join(box().home, release, 'files/provider-key'));
    assert.equal(mode & 0o777, 0o600);
    for (const { args } of asked) assert.ok(!args.join(' ').includes('sk-never'), args.join(' '));
  });

  test('a second one sends nothing, and asks the stack to be as it says', async () => {
    const current = await box().current();
    const { asked, plan } = await send(await smallCargo('one', 'a: 1\n', [secret]));
    assert.deepEqual(
      asked.map(({ sends }) => sends),
      [false, false],
    );
    assert.equal(plan.release, null);
    assert.equal(await box().current(), current);
  });

  test('of a changed release only what changed is sent; what is gone is left out', async () => {
    const { plan } = await send(await smallCargo('one', 'a: 2\n', [secret]));
    assert.deepEqual(
      plan.release?.sent.map(({ path }) => path),
      ['clincher.yaml'],
    );
    const release = `clincher/releases/${await box().current()}`;
    assert.equal(await box().read(`${release}/files/provider-key`), 'sk-never-in-an-argument');
    await send(await smallCargo('one', 'a: 2\n'));
    const now = `clincher/releases/${await box().current()}`;
    assert.equal(await box().read(`${now}/files/provider-key`), null);
  });

  test('a release that does not verify gives way to the one before', async () => {
    const current = await box().current();
    await assert.rejects(send(await smallCargo('one', 'broken\n')), {
      code: 'deploy-failed',
      message: /egress answers the agent[\s\S]*2026-\d+ did not come up; 2026-\d+ runs again/,
    });
    assert.equal(await box().running(), 'one a: 2\n');
    assert.equal(await box().current(), current);
  });

  test('another program takes the place of the one before, and gives it back', async () => {
    await assert.rejects(send(await smallCargo('two', 'broken\n')), { code: 'deploy-failed' });
    assert.equal(await box().running(), 'one a: 2\n');
    const calls = (await box().read('calls'))?.trim().split('\n').slice(-6);
    assert.deepEqual(calls, [
      'down one',
      'up two',
      'verify two',
      'down two',
      'up one',
      'verify one',
    ]);
    await send(await smallCargo('two', 'a: 3\n'));
    assert.equal(await box().running(), 'two a: 3\n');
  });

  test('who finds somebody at work is told who', async () => {
    const cargo = await smallCargo('two', 'a: 4\n');
    await using far = await openFarSide({ name: 'box', configFile: box().configFile });
    const order = { dir: 'clincher', holder: 'bob@desk', release: '2026-900', dryRun: false };
    const silent = { warn: () => undefined, step: () => undefined, plan: () => undefined };
    const waiting = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const held = async () => {
      reached.resolve();
      await waiting.promise;
      return cargo;
    };
    const bobs = deploy(far, { ...order, cargo: held }, silent);
    await reached.promise;
    await assert.rejects(send(cargo), {
      code: 'deploy-locked',
      message: 'box is being deployed to by bob@desk',
    });
    assert.equal(await box().running(), 'two a: 3\n');
    waiting.resolve();
    await bobs;
    assert.equal(await box().running(), 'two a: 4\n');
  });

  test('a connection that is cut while sending leaves what runs, and no lock', async () => {
    const cargo = await smallCargo('three', 'a: 5\n');
    const current = await box().current();
    const packed = await buffer(cargo.program.open());
    const open = async function* () {
      yield packed.subarray(0, 100);
      await box().cut();
      yield packed.subarray(100);
    };
    const cut = { ...cargo, program: { ...cargo.program, open } };
    await assert.rejects(send(cut), { code: 'ssh-failed' });
    assert.equal(await box().current(), current);
    assert.equal(await box().running(), 'two a: 4\n');
    await send(cargo);
    assert.equal(await box().running(), 'three a: 5\n');
  });

  test('a program that did not arrive whole is not taken', async () => {
    const cargo = await smallCargo('four', 'a: 6\n');
    const { open } = (await smallCargo('five', 'a: 6\n')).program;
    const wrong = { ...cargo, program: { ...cargo.program, open } };
    await assert.rejects(send(wrong), {
      code: 'deploy-failed',
      message: /the archive did not arrive whole/,
    });
    const programs = await readdir(join(box().home, 'clincher/programs'));
    assert.ok(!programs.includes(cargo.program.digest), programs.join(' '));
  });

  test('a connection that is cut while it switches lets the switch come to its end', async () => {
    const sent = send(await smallCargo('three', 'slow\n'));
    const isOver = assert.rejects(sent, { code: 'ssh-failed' });
    await until(() => existsSync(join(box().home, 'waiting')));
    await box().cut();
    await isOver;
    await assert.rejects(send(await smallCargo('three', 'a: 7\n')), { code: 'deploy-locked' });
    await writeFile(join(box().home, 'go'), '');
    await until(async () => (await box().read('clincher/switch.log'))?.includes('is the current'));
    assert.equal(await box().running(), 'three slow\n');
  });

  test('of old releases and programs a few are kept', async () => {
    await until(async () => {
      const lock = join(box().home, 'clincher/switch.lock');
      return (await runCommand(['flock', '-n', lock, 'true'])).code === 0;
    });
    await send(await smallCargo('three', 'a: 8\n'));
    const releases = await readdir(join(box().home, 'clincher/releases'));
    assert.equal(releases.filter((name) => !name.startsWith('.')).length, 3);
    const programs = await readdir(join(box().home, 'clincher/programs'));
    const { digest } = (await smallCargo('one', '')).program;
    assert.ok(!programs.includes(digest), 'of no release that is kept');
  });

  for (const [name, change, says] of [
    ['not known', () => '', /the host key of box is not known here/],
    [
      'another than before',
      (known: string) => known.replace(/AAAA\S+/, otherKey),
      /box shows another host key than it did before/,
    ],
  ] as const) {
    test(`a host whose key is ${name} is refused`, async () => {
      const known = await readFile(box().knownHosts, 'utf8');
      await writeFile(box().knownHosts, change(known));
      const cargo = await smallCargo('one', 'a: 9\n');
      await assert.rejects(send(cargo), { code: 'ssh-host-unknown', message: says });
      await writeFile(box().knownHosts, known);
    });
  }
});

/** Of an ed25519 key pair that nobody holds. */
const otherKey = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

async function until(holds: () => unknown): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await delay(50);
  }
  assert.fail('it did not come about');
}
