// Every question of the dashboards, put to a real Prometheus that has scraped the real collector of
// real roles that have done something: it must be understood, and where what it asks for was
// counted, there must be an answer.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemWorld } from '../src/kit/world.ts';
import { openAdmin } from '../src/net/admin.ts';
import { boardJson, rateOver } from '../src/render/monitoring/grafana/board.ts';
import { boards } from '../src/render/monitoring/grafana/index.ts';
import { metricsRole } from '../src/roles/metrics/serve.ts';
import { metricsSettings } from '../src/roles/metrics/settings.ts';
import { metricNames } from '../src/telemetry/names.ts';
import { startCachedStack } from '../src/testing/cached-stack.ts';

import { startDockerProxy } from '../src/testing/docker-proxy.ts';
import { openCanary, openEgress } from '../src/testing/egress.ts';
import { freePorts } from '../src/testing/free-port.ts';
import { monitoringProgram } from '../src/testing/monitoring-programs.ts';
import { inOwnNetwork } from '../src/testing/netns.ts';
import { askModel } from '../src/testing/provider-calls.ts';
import { checkout } from '../src/testing/source-tree.ts';
import { recordedTelemetry, temporaryFolder } from '../src/testing/wire.ts';

const queries = boards.flatMap(({ id, panels }) =>
  panels.flatMap((panel) =>
    panel.queries.map(({ expr }, at) => ({ name: `${id}: ${panel.title} ${at}`, expr })),
  ),
);

test('every metric of a question is one of the list, and of its page', () => {
  const page = readFileSync(join(checkout, 'docs/reference/metrics.md'), 'utf8');
  const known: ReadonlySet<string> = new Set(Object.values(metricNames));
  for (const { name, expr } of queries) {
    const named = expr.match(/clincher_\w+/g) ?? [];
    assert.ok(named.length > 0, name);
    for (const metric of named) {
      const family = metric.replace(/_bucket$/, '');
      assert.ok(known.has(family), `${name}: ${metric}`);
      assert.ok(page.includes(`\`${family}\``), `${name}: ${metric}`);
    }
  }
});

test('a board is the same bytes each time, its panels do not overlap, and have an id each', () => {
  for (const board of boards) {
    const json = boardJson(board);
    assert.equal(boardJson(board), json);
    const { uid, panels, editable } = JSON.parse(json);
    assert.deepEqual([uid, editable], [`clincher-${board.id}`, false]);
    const cells = panels.flatMap(
      ({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    assert.equal(new Set(cells).size, cells.length, board.id);
    assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, board.panels.length);
  }
});

inOwnNetwork(import.meta.url, {}, () => {
  const open = new AsyncDisposableStack();
  let port = 0;
  before(async () => {
    const [prometheusPort = 0, metricsPort = 0] = await freePorts(2);
    port = prometheusPort;
    await startRoles(open, metricsPort);
    await startPrometheus(open, prometheusPort, metricsPort);
  });
  after(() => open.disposeAsync());

  test('there are enough samples for a rate', async () => {
    const expr = 'count_over_time(clincher_up{service="llm"}[1m]) >= 4';
    for (let tries = 0; (await ask(port, expr)).length === 0; tries += 1) {
      assert.ok(tries < 150, 'Prometheus scrapes nothing');
      await delay(200);
    }
  });

  test('a question that is none is refused: the canary', async () => {
    await assert.rejects(ask(port, 'rate(clincher_up)'), /expected type range vector/);
  });

  for (const { name, expr } of queries) {
    test(`${name} has an answer`, async () => {
      const answer = await ask(port, expr.replaceAll(rateOver, '1m'));
      assert.ok(answer.length > 0 || quiet.some((each) => expr.includes(each)), expr);
    });
  }

  test('what is said to be quiet here is so: nothing is let off without need', async () => {
    for (const metric of quiet) {
      assert.deepEqual(await ask(port, `{__name__=~"${metric}.*"}`), [], metric);
    }
  });
});

/** Of what these roles do not count before something goes wrong, or is turned on. */
const quiet: readonly string[] = [
  metricNames.dropped,
  metricNames.reloads,
  metricNames.attemptFailures,
  metricNames.alarms,
  metricNames.cacheWrongShare,
  metricNames.sandboxCommands,
  metricNames.dockerStreamEnds,
];

/** A model called, a tunnel refused, Docker asked for too much. */
async function startRoles(open: AsyncDisposableStack, port: number): Promise<void> {
  const folder = open.use(await temporaryFolder()).path;
  const llm = open.use(await startCachedStack({}));
  for (let times = 0; times < 3; times += 1) await askModel(llm);
  open.use(await openCanary(8_000, '192.0.2.1'));
  const host = 'allowed.test';
  const rules = [{ caller: 'llm', hosts: [host], ports: [8_000], plainHttp: true }];
  const settings = { rules, unsafeAllowAddresses: ['192.0.2.1'] };
  const egress = open.use(await openEgress({ settings, answers: { [host]: ['192.0.2.1'] } }));
  await egress.send(`GET http://${host}:8000/ HTTP/1.1\r\nHost: ${host}:8000\r\n\r\n`);
  await egress.send('CONNECT nowhere.test:443 HTTP/1.1\r\nHost: nowhere.test:443\r\n\r\n');
  const proxy = open.use(await startDockerProxy());
  await proxy.call('POST', '/v1.41/swarm/init');
  const healthy = { health: () => ({ ready: true }), [Symbol.asyncDispose]: async () => {} };
  const services = {
    llm: llm.telemetry,
    egress: egress.telemetry,
    'docker-proxy': proxy.telemetry,
  };
  for (const [service, telemetry] of Object.entries(services)) {
    open.use(await openAdmin([`unix:${folder}/${service}`], healthy, telemetry));
  }
  const facts = [
    `${metricNames.verifyTime} 1700000000`,
    `${metricNames.verifyDifferences} 0`,
    'clincher_backup_time_seconds 1700000000',
    'clincher_certificate_ends_time_seconds{kind="ingress"} 1900000000',
    '',
  ];
  await writeFile(`${folder}/host.prom`, facts.join('\n'));
  const told = metricsSettings.parse({
    service: 'metrics',
    admin: [],
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'monitor' }],
    targets: Object.keys(services).map((service) => ({
      service,
      admin: `unix:${folder}/${service}`,
    })),
    factsDir: folder,
  });
  open.use(await metricsRole.serve(told, systemWorld(), recordedTelemetry('metrics')));
}

async function startPrometheus(
  open: AsyncDisposableStack,
  port: number,
  target: number,
): Promise<void> {
  const folder = open.use(await temporaryFolder()).path;
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
    scrape_configs: [
      { job_name: 'clincher', static_configs: [{ targets: [`127.0.0.1:${target}`] }] },
    ],
  };
  await writeFile(`${folder}/prometheus.yml`, JSON.stringify(config));
  const child = spawn(
    monitoringProgram('prometheus'),
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  open.defer(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for (let tries = 0; !(await isReady(port)); tries += 1) {
    assert.ok(tries < 150, 'Prometheus does not come up');
    await delay(200);
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null);
  return answer?.ok === true;
}

async function ask(port: number, expr: string): Promise<readonly unknown[]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: expr })}`;
  const answer = (await (await fetch(url)).json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: { readonly result: readonly unknown[] };
  };
  if (answer.status !== 'success') throw new Error(answer.error);
  return answer.data.result;
}
