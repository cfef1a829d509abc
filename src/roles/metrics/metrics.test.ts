// The collector over real sockets: services that answer, lie, hang, or are not there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { Running } from '../../kit/running.ts';
import { systemWorld } from '../../kit/world.ts';
import { parseExposition } from '../../policy/exposition.ts';
import {
  dialUnix,
  exchange,
  fakeUpstream,
  type RecordedTelemetry,
  recordedTelemetry,
  temporaryFolder,
} from '../../testing/wire.ts';
import { metricsRole } from './serve.ts';
import { metricsSettings } from './settings.ts';

interface TestCollector extends AsyncDisposable {
  readonly folder: string;
  readonly telemetry: RecordedTelemetry;
  readonly running: Running;
  get(path?: string, method?: string): Promise<string>;
}

async function startCollector(
  services: readonly string[],
  more: { readonly factsDir?: string; readonly watchEveryMs?: number } = {},
): Promise<TestCollector> {
  const folder = await temporaryFolder();
  const settings = metricsSettings.parse({
    service: 'metrics',
    admin: [],
    listen: [{ address: `unix:${folder.path}/http`, caller: 'ingress' }],
    targets: services.map((service) => ({ service, admin: `unix:${folder.path}/${service}` })),
    scrapeTimeoutMs: 300,
    scrapeBytesMax: 10_000,
    ...more,
  });
  const telemetry = recordedTelemetry('metrics');
  const running = await metricsRole.serve(settings, systemWorld(), telemetry);
  return {
    folder: folder.path,
    telemetry,
    running,
    get: (path = '/metrics', method = 'GET') =>
      exchange(
        dialUnix(`${folder.path}/http`),
        `${method} ${path} HTTP/1.1\r\nHost: m\r\nX-Request-Id: scrape-1\r\nConnection: close\r\n\r\n`,
      ),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('services that answer are summed up; those that do not are down, and that is no error', async () => {
  await using collector = await startCollector(['llm', 'egress', 'huge', 'silent', 'broken']);
  await using llm = await fakeUpstream(
    `${collector.folder}/llm`,
    '# TYPE hits counter\nhits 1\nnonsense\n',
  );
  await using huge = await fakeUpstream(`${collector.folder}/huge`, `hits ${'1'.repeat(10_001)}`);
  const silent = createServer().listen(`${collector.folder}/silent`);
  const broken = createServer((socket) => socket.end('not http\r\n\r\n')).listen(
    `${collector.folder}/broken`,
  );
  await Promise.all([once(silent, 'listening'), once(broken, 'listening')]);
  const answer = await collector.get();
  assert.match(answer, /^HTTP\/1\.1 200 .*content-type: text\/plain; version=0\.0\.4/is);
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  assert.match(body, /^hits\{service="llm"\} 1$/m);
  for (const [service, up] of [
    ['llm', 1],
    ['egress', 0],
    ['huge', 0],
    ['silent', 0],
    ['broken', 0],
  ]) {
    assert.match(body, new RegExp(`^clincher_up\\{service="${service}"\\} ${up}$`, 'm'));
  }
  assert.match(body, /^clincher_scrape_refused_lines_total\{service="llm"\} 1$/m);
  assert.equal(parseExposition(body, 10_000).refusedLines, 0);
  assert.deepEqual([llm.seen.length, huge.seen.length], [1, 1]);
  silent.close();
  broken.close();
  assert.equal(collector.telemetry.decisions()[0]?.requestId, 'scrape-1');
});

test('askers at the same time share one round', async () => {
  await using collector = await startCollector(['llm']);
  await using llm = await fakeUpstream(`${collector.folder}/llm`, 'hits 1\n');
  const answers = await Promise.all([collector.get(), collector.get(), collector.get()]);
  for (const answer of answers) assert.match(answer, /hits\{service="llm"\} 1/);
  assert.ok(llm.seen.length < 3, `${llm.seen.length} rounds`);
});

test('nothing but GET /metrics is served', async () => {
  await using collector = await startCollector([]);
  assert.match(await collector.get('/'), /^HTTP\/1\.1 404 /);
  assert.match(await collector.get('/metrics?x'), /^HTTP\/1\.1 404 /);
  assert.match(await collector.get('/metrics', 'POST'), /^HTTP\/1\.1 405 /);
});

test('what the host notes is served with the disk it is on; what is too large or no file is left out', async () => {
  await using facts = await temporaryFolder();
  await using collector = await startCollector([], { factsDir: facts.path });
  await writeFile(
    `${facts.path}/verify.prom`,
    'clincher_isolation_check_time_seconds 1700000000\n',
  );
  await writeFile(`${facts.path}/backup.prom~`, 'clincher_backup_time_seconds 1\n');
  await writeFile(`${facts.path}/large.prom`, `clincher_backup_time_seconds ${'1'.repeat(10_001)}`);
  await mkdir(`${facts.path}/folder.prom`);
  const answer = await collector.get();
  assert.match(answer, /^clincher_isolation_check_time_seconds\{service="host"\} 1700000000$/m);
  assert.match(answer, /^clincher_disk_free_bytes [1-9][0-9]+$/m);
  assert.doesNotMatch(answer, /backup/);
});

test('what a person should hear of is in its health while it is so, and in its log once', async () => {
  await using facts = await temporaryFolder();
  const note = (seconds: number) =>
    writeFile(`${facts.path}/backup.prom`, `clincher_backup_time_seconds ${Math.floor(seconds)}\n`);
  await note(1_000);
  await using collector = await startCollector([], { factsDir: facts.path, watchEveryMs: 20 });
  const detail = () => collector.running.health().detail;
  const said = (event: string) =>
    collector.telemetry
      .lines()
      .filter((line) => line.event === event && line.alert === 'BackupOld');
  await until(() => /the last backup is old/.test(detail() ?? ''));
  assert.equal(collector.running.health().ready, true);
  await note(Date.now() / 1_000);
  await until(() => !/backup/.test(detail() ?? ''));
  assert.deepEqual([said('alarm').length, said('alarm-over').length], [1, 1]);
});

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come about');
    await new Promise((next) => setTimeout(next, 20));
  }
}
