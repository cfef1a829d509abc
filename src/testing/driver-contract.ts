// The behaviour that every driver has, whichever way it isolates: run by each driver's own test
// file.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Driver, LogLine, ObservedService } from '../drivers/driver.ts';
import type { ClincherError } from '../kit/error.ts';
import { Secret } from '../kit/secret.ts';
import { describeInsides } from './driver-contract-insides.ts';
import { contractSecrets } from './driver-contract-secrets.ts';
import type { DriverShape } from './driver-contract-shape.ts';
import { tinyService } from './tiny-service.ts';

/**
 * `open` brings up an empty world whose secrets are those given; `close` takes down everything in
 * it.
 */
export interface DriverUnderTest {
  readonly driver: Driver;
  readonly shape: DriverShape;
  close(): Promise<void>;
}

export type OpenDriver = (
  secrets: (name: string) => Promise<Secret | null>,
) => Promise<DriverUnderTest>;

/** `insides`: only what services are like from inside; the rest of it is tested elsewhere. */
export function driverContract(
  title: string,
  open: OpenDriver,
  what: 'whole' | 'insides' = 'whole',
): void {
  describe(`${title}: what every driver does`, () => {
    let world: DriverUnderTest;
    const driver = () => world.driver;
    before(async () => {
      world = await open(async (name) => {
        const value = contractSecrets[name];
        return value === undefined ? null : new Secret(value);
      });
    });
    after(() => world.close());
    if (what === 'whole') {
      describeLife(driver);
      describeFailures(driver);
    }
    describeInsides(driver, () => world.shape);
  });
}

function describeLife(driver: () => Driver): void {
  it('starts a service, and says so only once it is ready', async () => {
    const service = tinyService('life');
    await driver().apply({ kind: 'start', service });
    const seen = await observed(driver(), 'life');
    assert.equal(seen?.state, 'ready');
    assert.equal(seen.hash, service.hash);
    assert.equal(seen.restarts, 0);
    assert.ok(seen.pid !== null && seen.startedAt !== null && seen.startedAt <= Date.now());
  });

  it('changes nothing when what runs is started again in the same version', async () => {
    const before = await observed(driver(), 'life');
    await driver().apply({ kind: 'start', service: tinyService('life') });
    assert.equal((await observed(driver(), 'life'))?.pid, before?.pid);
  });

  it('replaces a service by another process', async () => {
    const before = await observed(driver(), 'life');
    const service = tinyService('life', { health: { ready: true, detail: 'second' } });
    await driver().apply({ kind: 'replace', service });
    const seen = await observed(driver(), 'life');
    assert.notEqual(seen?.pid, before?.pid);
    assert.equal(seen?.hash, service.hash);
    assert.equal(seen.detail, 'second');
  });

  it('starts a service again that was killed, and counts it', async () => {
    const { processes } = await driver().inspect('life');
    const role = processes.find((each) => each.argv.some((word) => word.endsWith('tiny-serve.ts')));
    const leaf = processes.findLast((each) => each.argv.join(' ') !== '' && each !== processes[0]);
    process.kill(leaf?.pid ?? role?.pid ?? assert.fail('no process'), 'SIGKILL');
    const seen = await until(driver(), 'life', (each) => each.restarts > 0 && isReady(each));
    assert.equal(seen.restarts, 1);
  });

  it('stops a service, and stopping it again is no fault', async () => {
    await driver().apply({ kind: 'stop', name: 'life' });
    assert.equal(await observed(driver(), 'life'), null);
    await driver().apply({ kind: 'stop', name: 'life' });
    await assert.rejects(driver().probe('life', '', null, 5_000), code('not-running'));
  });

  it('keeps what a service printed, and follows what it prints next', async () => {
    const print = ['one', 'two', 'three \u001b[2Jred'];
    await driver().apply({ kind: 'start', service: tinyService('talker', { print }) });
    const two = await collect(driver().logs('talker', { lines: 2, follow: false }));
    assert.equal(two.length, 2);
    assert.ok(two.every((line) => line.service === 'talker' && !line.text.includes('\u001b')));
    const follower = driver().logs('talker', { lines: 1, follow: true })[Symbol.asyncIterator]();
    assert.equal((await follower.next()).value.text, two[1]?.text);
    const next = follower.next();
    await driver().apply({ kind: 'stop', name: 'talker' });
    assert.deepEqual((await next).value, { service: 'talker', text: 'told to stop' });
    await follower.return?.();
  });
}

function describeFailures(driver: () => Driver): void {
  it('ends the start of a service that exits at once with its last lines, and leaves nothing', async () => {
    const service = tinyService('brief', { print: ['the database is gone'], exitAtOnce: 3 });
    await assert.rejects(driver().apply({ kind: 'start', service }), (error: ClincherError) => {
      assert.equal(error.code, 'service-failed');
      assert.match(error.message, /brief ended before it was ready \(exit code 3\)/);
      assert.match(error.message, /the database is gone/);
      assert.match(error.fix ?? '', /clincher logs brief/);
      return true;
    });
    assert.equal(await observed(driver(), 'brief'), null);
  });

  it('ends the start of a service that never gets ready with what its health says', async () => {
    const health = { ready: false, detail: 'no key for anthropic' };
    const service = tinyService('slow', { health }, { readyTimeoutMs: 1_500 });
    await assert.rejects(driver().apply({ kind: 'start', service }), (error: ClincherError) => {
      assert.equal(error.code, 'service-failed');
      assert.match(error.message, /slow was not ready after 1500 ms: no key for anthropic/);
      return true;
    });
    assert.equal(await observed(driver(), 'slow'), null);
  });

  it('goes back to the version that ran when a replacement does not come up', async () => {
    const good = tinyService('steady');
    await driver().apply({ kind: 'start', service: good });
    const service = tinyService('steady', { exitAtOnce: 1 });
    await assert.rejects(driver().apply({ kind: 'replace', service }), (error: ClincherError) => {
      assert.equal(error.code, 'service-failed');
      assert.match(error.message, /The version that ran before runs again/);
      return true;
    });
    const seen = await observed(driver(), 'steady');
    assert.equal(seen?.state, 'ready');
    assert.equal(seen.hash, good.hash);
    await driver().apply({ kind: 'stop', name: 'steady' });
  });

  it('refuses a start whose rendered file needs a secret without a value', async () => {
    const files = [{ path: '/run/clincher/x.json', content: '"{{secret:gone}}"' }];
    const service = tinyService('keyless', {}, { files, secrets: ['gone'] });
    await assert.rejects(driver().apply({ kind: 'start', service }), code('secret-missing'));
    assert.equal(await observed(driver(), 'keyless'), null);
  });
}

async function collect(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

export async function observed(driver: Driver, name: string): Promise<ObservedService | null> {
  const { services } = await driver.observe();
  return services.find((each) => each.name === name) ?? null;
}

/** Asks again until it holds; fails after a deadline that is far beyond what any machine needs. */
export async function until(
  driver: Driver,
  name: string,
  holds: (seen: ObservedService) => boolean,
  deadlineMs = 20_000,
): Promise<ObservedService> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const seen = await observed(driver, name);
    if (seen !== null && holds(seen)) return seen;
    if (performance.now() > deadline) assert.fail(`${name} stayed ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isReady(seen: ObservedService): boolean {
  return seen.state === 'ready';
}

export function code(expected: string): (error: ClincherError) => true {
  return (error) => {
    assert.equal(error.code, expected, error.message);
    return true;
  };
}
