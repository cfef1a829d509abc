// Every alert, by promtool, over series made for it: it fires when it is to, and not a step before.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { thresholds } from '../../telemetry/thresholds.ts';
import { exampleTopology } from '../../testing/example-topology.ts';
import { monitoringProgram } from '../../testing/monitoring-programs.ts';
import { temporaryFolder } from '../../testing/wire.ts';
import { renderMonitoring } from './index.ts';
import { alertRules, watchdogAlert } from './rules.ts';

interface Case {
  readonly name: string;
  readonly alert: string;
  /** A sample a minute, in promtool's notation; or as far apart as `everyMinutes` says. */
  readonly series: Readonly<Record<string, string>>;
  readonly everyMinutes?: number;
  readonly minute: number;
  /** Of each alert that fires then: its labels beyond the rule's own. Empty: none does. */
  readonly firing: readonly Readonly<Record<string, string>>[];
}

const denied = (role: string, reason = 'host-not-allowed') =>
  `clincher_decisions_total{role="${role}",service="${role}",verdict="deny",reason="${reason}"}`;
const host = (metric: string, more = '') => `${metric}{service="host"${more}}`;
const started = 'clincher_start_time_seconds{service="llm"}';
const spend = 'clincher_llm_spend_usd_total{service="llm",model="m"}';
const day = 86_400;

/** When the series of a case begin is 1970: times are written from there. */
const cases: readonly Case[] = [
  fires('ApplicationHostUnreachable', { 'up{job="clincher"}': '1 0x9' }, 4, { job: 'clincher' }),
  quiet('ApplicationHostUnreachable', { 'up{job="clincher"}': '1 0 1x9' }, 4),
  fires('GatewayDown', { 'clincher_up{service="gateway"}': '0x20' }, 6, { service: 'gateway' }),
  fires('GatewayDown', { 'clincher_ready{service="gateway"}': '0x20' }, 6, { service: 'gateway' }),
  quiet('GatewayDown', { 'clincher_ready{service="gateway"}': '0 0 0 1x20' }, 10),
  fires('ServiceDown', { 'clincher_up{service="llm"}': '0x20' }, 6, { service: 'llm' }),
  quiet('ServiceDown', { 'clincher_up{service="gateway"}': '0x20' }, 6),
  fires('ServiceRestarts', { [started]: '1 1 2 3 4x20' }, 6, { service: 'llm' }),
  quiet('ServiceRestarts', { [started]: '1 1 2 2 3x20' }, 6),
  fires(
    'BudgetNearlySpent',
    { 'clincher_llm_budget_left_ratio{service="llm",by="all",window="day"}': '0.09x3' },
    1,
    { service: 'llm', by: 'all', window: 'day' },
  ),
  quiet('BudgetNearlySpent', { 'clincher_llm_budget_left_ratio{service="llm"}': '0.1x3' }, 1),
  // The agent shares an admin socket with its relay, and says what it likes there.
  quiet('BudgetNearlySpent', { 'clincher_llm_budget_left_ratio{service="gateway"}': '0x3' }, 1),
  every(5, fires('SpendRateJump', { [spend]: '0+0.05x80 4+0.5x12' }, 425, {})),
  every(5, quiet('SpendRateJump', { [spend]: '0+0.5x92' }, 425)),
  every(5, quiet('SpendRateJump', { [spend]: '0x80 0+0.05x12' }, 425)),
  fires('LedgerRefused', { [denied('llm', 'ledger-unavailable')]: '0x5 1x20' }, 7, {}),
  quiet('LedgerRefused', { [denied('llm', 'budget-exhausted')]: '0+9x20' }, 7),
  fires(
    'CacheWrongAnswers',
    { 'clincher_llm_cache_wrong_hit_ratio{service="llm"}': '0.06x30' },
    16,
    {
      service: 'llm',
    },
  ),
  quiet(
    'CacheWrongAnswers',
    { 'clincher_llm_cache_wrong_hit_ratio{service="llm"}': '0.05x30' },
    16,
  ),
  fires('EgressDenialsJump', { [denied('egress')]: '0+1x90 100+10x10' }, 96, {}),
  fires('EgressDenialsJump', { [denied('egress')]: '0 0+10x10' }, 6, {}),
  quiet('EgressDenialsJump', { [denied('egress')]: '0+10x120' }, 96),
  quiet('EgressDenialsJump', { [denied('egress')]: '0 0+3x10' }, 6),
  quiet(
    'EgressDenialsJump',
    { [denied('egress').replace('"egress",v', '"gateway",v')]: '0 0+99x9' },
    6,
  ),
  fires(
    'DockerProxyDenials',
    { [denied('docker-proxy', 'docker-bind-refused')]: '0 2+2x20' },
    6,
    {},
  ),
  quiet('DockerProxyDenials', { [denied('docker-proxy')]: '0 1x20' }, 6),
  fires('IsolationDrift', { [host('clincher_isolation_differences')]: '1x5' }, 1, {
    service: 'host',
  }),
  fires('IsolationWorse', { [host('clincher_isolation_drift')]: '2x5' }, 1, { service: 'host' }),
  quiet('IsolationWorse', { [host('clincher_isolation_drift')]: '0x5' }, 1),
  quiet('IsolationDrift', { [host('clincher_isolation_differences')]: '0x5' }, 1),
  every(
    60,
    fires(
      'IsolationNotVerified',
      { [host('clincher_isolation_check_time_seconds')]: '0x60' },
      49 * 60,
      {
        service: 'host',
      },
    ),
  ),
  every(
    60,
    quiet(
      'IsolationNotVerified',
      { [host('clincher_isolation_check_time_seconds')]: '0x60' },
      48 * 60,
    ),
  ),
  fires(
    'CertificateEndsSoon',
    { [host('clincher_certificate_ends_time_seconds', ',kind="monitor-door"')]: `${13 * day}x5` },
    1,
    { service: 'host', kind: 'monitor-door' },
  ),
  quiet(
    'CertificateEndsSoon',
    { [host('clincher_certificate_ends_time_seconds')]: `${15 * day}x5` },
    1,
  ),
  every(
    60,
    fires('BackupOld', { [host('clincher_backup_time_seconds')]: '0x60' }, 27 * 60, {
      service: 'host',
    }),
  ),
  every(60, quiet('BackupOld', { [host('clincher_backup_time_seconds')]: '0x60' }, 26 * 60)),
  fires(
    'DiskNearlyFull',
    { clincher_disk_free_bytes: '9x20', clincher_disk_size_bytes: '100x20' },
    11,
    {},
  ),
  quiet(
    'DiskNearlyFull',
    { clincher_disk_free_bytes: '10x20', clincher_disk_size_bytes: '100x20' },
    11,
  ),
  fires(
    'MetricsRefused',
    { 'clincher_scrape_refused_lines_total{service="gateway"}': '0+1x60' },
    30,
    {
      service: 'gateway',
    },
  ),
  quiet('MetricsRefused', { 'clincher_scrape_refused_lines_total{service="gateway"}': '7x60' }, 30),
  fires('OutsideCheckFails', { 'probe_success{job="outside-health"}': '0x9' }, 4, {
    job: 'outside-health',
  }),
  quiet('OutsideCheckFails', { 'probe_success{job="another"}': '0x9' }, 4),
  fires(
    'PublicCertificateEndsSoon',
    { 'probe_ssl_earliest_cert_expiry{job="outside-page"}': `${13 * day}x5` },
    1,
    { job: 'outside-page' },
  ),
  quiet(
    'PublicCertificateEndsSoon',
    { 'probe_ssl_earliest_cert_expiry{job="outside-page"}': `${15 * day}x5` },
    1,
  ),
  fires(watchdogAlert, {}, 0, {}),
];

function fires(
  alert: string,
  series: Case['series'],
  minute: number,
  labels: Case['firing'][number],
) {
  return { name: `${alert} fires`, alert, series, minute, firing: [labels] };
}

function quiet(alert: string, series: Case['series'], minute: number): Case {
  return { name: `${alert} does not`, alert, series, minute, firing: [] };
}

function every(everyMinutes: number, one: Case): Case {
  return { ...one, everyMinutes };
}

test('every alert fires when it is to, and not otherwise', async () => {
  await using folder = await temporaryFolder();
  const files = renderMonitoring(exampleTopology(), folder.path);
  const rules = files.find(({ path }) => path === 'prometheus/rules/clincher.yml')?.content ?? '';
  // What an alert says is for people; promtool would compare it to the letter.
  const plain = rules.replace(/^ +annotations:\n(?: +(?:summary|action): .*\n)+/gm, '');
  await writeFile(`${folder.path}/rules.yml`, plain);
  const names: string[] = [];
  for (const [minutes, group] of Map.groupBy(cases, ({ everyMinutes = 1 }) => everyMinutes)) {
    names.push(`every-${minutes}.yml`);
    await writeFile(`${folder.path}/every-${minutes}.yml`, promtoolTests(`${minutes}m`, group));
  }
  const ran = await promisify(execFile)(
    monitoringProgram('promtool'),
    ['test', 'rules', ...names],
    {
      cwd: folder.path,
    },
  ).catch((error) => error);
  const said = `${ran.stdout}${ran.stderr}`;
  assert.equal(said.match(/SUCCESS/g)?.length, names.length, said);
});

/** Source: Prometheus, configuration/unit_testing_rules in its documentation. */
function promtoolTests(interval: string, group: readonly Case[]): string {
  const severity = new Map(alertRules(thresholds).map((rule) => [rule.alert, rule.severity]));
  const tests = group.map(({ name, alert, series, minute, firing }) => ({
    name,
    interval,
    input_series: Object.entries(series).map(([key, values]) => ({ series: key, values })),
    alert_rule_test: [
      {
        eval_time: `${minute}m`,
        alertname: alert,
        exp_alerts: firing.map((labels) => ({
          exp_labels: { ...labels, severity: severity.get(alert) ?? 'none' },
        })),
      },
    ],
  }));
  return stringify({ rule_files: ['rules.yml'], evaluation_interval: interval, tests });
}

test('every alert has a case in which it fires and one in which it does not', () => {
  const seen = (isFiring: boolean) =>
    new Set(cases.filter(({ firing }) => firing.length > 0 === isFiring).map(({ alert }) => alert));
  for (const { alert } of alertRules(thresholds)) {
    assert.ok(seen(true).has(alert), `${alert} never fires`);
    assert.ok(seen(false).has(alert), `${alert} is never quiet`);
  }
});
