// Alarms without a monitoring host: each fires in the case it is for, and not in the one beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExposition } from '../../policy/exposition.ts';
import { alertRules } from '../../render/monitoring/rules.ts';
import { type Thresholds, thresholds } from '../../telemetry/thresholds.ts';
import { type Alarm, Watch } from './watch.ts';

const nowSeconds = 1_700_000_000;
const minute = 60_000;

/** One look a minute at what `text` gives of the minute, and what the last one says. */
function watched(minutes: number, text: (minute: number) => string, bounds = thresholds) {
  const watch = new Watch(bounds);
  let alarms: readonly Alarm[] = [];
  for (let at = 0; at <= minutes; at += 1) {
    const { families } = parseExposition(text(at), 1_000);
    alarms = watch.look(families, at * minute, nowSeconds);
  }
  return alarms;
}

const isUp = (service: string) => `clincher_up{service="${service}"} 1\n`;
const denials = (service: string, count: number, more = '') =>
  `${isUp(service)}clincher_decisions_total{service="${service}",verdict="deny"${more}} ${count}\n`;
const spend = (usd: number) =>
  `${isUp('llm')}clincher_llm_spend_usd_total{service="llm",model="m"} ${usd}\n`;
const host = (name: string, value: number) => `clincher_${name}{service="host"} ${value}\n`;
const disk = (free: number) => `clincher_disk_free_bytes ${free}\nclincher_disk_size_bytes 100\n`;
const left = (share: number) =>
  `clincher_llm_budget_left_ratio{service="llm"} ${share}\nclincher_llm_budget_left_ratio{service="gateway"} 0\n`;
const up = (value: number) => `clincher_up{service="llm"} ${value}\n`;
const day = 86_400;

type Case = readonly [
  alert: string,
  minutes: number,
  fires: (at: number) => string,
  not: (at: number) => string,
];
const ledger = ',reason="ledger-unavailable"';
const cases: readonly Case[] = [
  ['ServiceDown', 5, () => up(0), (at) => up(at === 5 ? 0 : 1)],
  ['GatewayDown', 5, () => 'clincher_up{service="gateway"} 0\n', () => up(0)],
  [
    'EgressDenialsJump',
    66,
    (at) => denials('egress', at < 64 ? at : 100),
    (at) => denials('egress', at * 10),
  ],
  ['EgressDenialsJump', 3, (at) => denials('egress', at * 10), (at) => denials('gateway', at * 10)],
  [
    'DockerProxyDenials',
    9,
    (at) => denials('docker-proxy', at),
    (at) => denials('docker-proxy', at / 3),
  ],
  [
    'LedgerRefused',
    2,
    (at) => denials('llm', at, ledger),
    (at) => denials('llm', at, ',reason="key-unknown"'),
  ],
  ['SpendRateJump', 400, (at) => spend(at < 390 ? at / 100 : at), (at) => spend(at / 10)],
  ['SpendRateJump', 2, (at) => spend(at), () => spend(500)],
  ['BudgetNearlySpent', 0, () => left(0.05), () => left(0.5)],
  [
    'IsolationDrift',
    0,
    () => host('isolation_differences', 2),
    () => host('isolation_differences', 0),
  ],
  ['IsolationWorse', 0, () => host('isolation_drift', 1), () => host('isolation_drift', 0)],
  [
    'IsolationNotVerified',
    0,
    () => host('isolation_check_time_seconds', nowSeconds - 49 * 3_600),
    () => host('isolation_check_time_seconds', nowSeconds - 47 * 3_600),
  ],
  [
    'CertificateEndsSoon',
    0,
    () => host('certificate_ends_time_seconds', nowSeconds + 13 * day),
    () => host('certificate_ends_time_seconds', nowSeconds + 15 * day),
  ],
  [
    'BackupOld',
    0,
    () => host('backup_time_seconds', nowSeconds - 27 * 3_600),
    () => host('backup_time_seconds', nowSeconds - 25 * 3_600),
  ],
  ['DiskNearlyFull', 0, () => disk(9), () => disk(11)],
];

for (const [index, [alert, minutes, fires, not]] of cases.entries()) {
  test(`${alert} is told when it is so, and only then (${index + 1})`, () => {
    assert.deepEqual(
      watched(minutes, fires).map((alarm) => alarm.alert),
      [alert],
    );
    assert.ok(!watched(minutes, not).some((alarm) => alarm.alert === alert));
  });
}

/** With each another bound: what fired no longer does, here and in the words of Prometheus. */
const changes: readonly (readonly [keyof Thresholds, Partial<Thresholds>, readonly string[]])[] = [
  ['downMinutes', { downMinutes: 30 }, ['GatewayDown', 'ServiceDown']],
  ['budgetLeftShare', { budgetLeftShare: 0.01 }, ['BudgetNearlySpent']],
  ['spendJump', { spendJump: { ...thresholds.spendJump, least: 1_000 } }, ['SpendRateJump']],
  ['ledgerRefusals', { ledgerRefusals: { withinMinutes: 10, above: 9 } }, ['LedgerRefused']],
  [
    'egressDenials',
    { egressDenials: { ...thresholds.egressDenials, least: 1_000 } },
    ['EgressDenialsJump'],
  ],
  ['dockerDenials', { dockerDenials: { withinMinutes: 10, above: 99 } }, ['DockerProxyDenials']],
  ['verifiedHours', { verifiedHours: 99 }, ['IsolationNotVerified']],
  ['certificateDays', { certificateDays: 7 }, ['CertificateEndsSoon']],
  ['backupHours', { backupHours: 50 }, ['BackupOld']],
  ['diskFreeShare', { diskFreeShare: 0.01 }, ['DiskNearlyFull']],
];

test('a threshold that is another one is so for the alarm and for the alert rule', () => {
  assert.deepEqual(changes.map(([name]) => name).sort(), Object.keys(thresholds).sort());
  const before = alertRules(thresholds);
  for (const [name, change, alerts] of changes) {
    const bounds = { ...thresholds, ...change };
    const changed = alertRules(bounds).filter(
      ({ expr, for: lasts }, at) => expr !== before[at]?.expr || lasts !== before[at]?.for,
    );
    const others = changed.map(({ alert }) => alert);
    for (const alert of alerts) {
      assert.ok(others.includes(alert), `${name}: the rule of ${alert}`);
      for (const [, minutes, fires] of cases.filter(([of]) => of === alert)) {
        assert.deepEqual(watched(minutes, fires, bounds), [], `${name}: the alarm ${alert}`);
      }
    }
  }
});

test('every alarm has the name of an alert of the monitoring host', () => {
  const known = new Set(alertRules(thresholds).map(({ alert }) => alert));
  for (const [alert] of cases) assert.ok(known.has(alert), alert);
});

test('a service that starts anew counts from nothing, and what was is not counted twice', () => {
  const restarted = watched(4, (at) => denials('egress', at < 3 ? 1_000 : at - 2));
  assert.deepEqual(restarted, []);
});

test('what a service had counted before it was first seen is no news', () => {
  const late = watched(4, (at) => (at < 2 ? up(0) : denials('egress', 1_000)));
  assert.ok(!late.some(({ alert }) => alert === 'EgressDenialsJump'));
});

test('what ended is no longer told', () => {
  assert.deepEqual(
    watched(90, (at) => denials('egress', Math.min(at, 3) * 100)),
    [],
  );
  assert.deepEqual(
    watched(9, (at) => up(at === 9 ? 1 : 0)),
    [],
  );
});

test('a scraper that asks all the time does not make the history grow', () => {
  const watch = new Watch(thresholds);
  const { families } = parseExposition(denials('egress', 1), 10);
  for (let at = 0; at < 7 * 3_600_000; at += 10_000) watch.look(families, at, nowSeconds);
  assert.ok(watch.rounds <= (375 * minute) / 25_000 + 1, `${watch.rounds}`);
});
