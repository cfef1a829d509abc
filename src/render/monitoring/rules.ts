// The alerts: each an expression over what metrics serves, how long it has to hold, and what a
// person should know and do then. Services are named in each, so that one that is taken over
// cannot speak for another.

import { metricNames as names } from '../../telemetry/names.ts';
import { type Growth, type Jump, type Thresholds, thresholds } from '../../telemetry/thresholds.ts';
import type { Artefact } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { jobs } from './prometheus.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to hold; left out where once is enough. */
  readonly for?: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  readonly action: string;
}

/** Source: Prometheus, configuration/alerting_rules in its documentation. */
export const rules: Artefact = () => {
  const groups = [{ name: 'clincher', rules: [...alertRules(thresholds).map(written), watchdog] }];
  return [{ path: 'prometheus/rules/clincher.yml', content: yamlText({ groups }) }];
};

function written({ alert, expr, severity, summary, action, ...rest }: AlertRule) {
  const annotations = { summary, action };
  return { alert, expr, ...rest, labels: { severity }, annotations };
}

/** Always there: who stops hearing of it knows that nothing else would be heard of either. */
export const watchdogAlert = 'Watchdog';
const watchdog = {
  alert: watchdogAlert,
  expr: 'vector(1)',
  labels: { severity: 'none' },
  annotations: { summary: 'Alerting works', action: 'None: hear of it, and miss it.' },
};

const decisions = (role: string, more = '') =>
  `${names.decisions}{role="${role}",service="${role}",verdict="deny"${more}}`;

const jump = (total: string, { withinMinutes, beforeMinutes, factor, least }: Jump) => {
  const [within, before] = [`${withinMinutes}m`, `${beforeMinutes}m`];
  return [
    `sum(increase(${total}[${within}])) > ${least}`,
    `sum(rate(${total}[${within}])) > ${factor} * (sum(rate(${total}[${before}] offset ${within})) or vector(0))`,
  ].join(' and ');
};

const grown = (total: string, { withinMinutes, above }: Growth) =>
  `sum(increase(${total}[${withinMinutes}m])) > ${above}`;

const whatRuns = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'ApplicationHostUnreachable',
    expr: `up{job="${jobs.clincher}"} == 0`,
    for: '2m',
    severity: 'page',
    summary: 'The application host does not answer the monitor',
    action: 'Is it up, is its door, is the certificate still good? There: clincher status',
  },
  {
    alert: 'GatewayDown',
    expr: `(${names.up}{service="gateway"} == 0) or (${names.ready}{service="gateway"} == 0)`,
    for: `${bounds.downMinutes}m`,
    severity: 'page',
    summary: 'The agent does not answer',
    action: 'clincher logs gateway; clincher restart gateway',
  },
  {
    alert: 'ServiceDown',
    expr: `(${names.up}{service!="gateway"} == 0) or (${names.ready}{service!="gateway"} == 0)`,
    for: `${bounds.downMinutes}m`,
    severity: 'page',
    summary: '{{ $labels.service }} does not answer, or cannot do its work',
    action: 'clincher logs {{ $labels.service }}',
  },
  {
    alert: 'ServiceRestarts',
    expr: `changes(${names.started}[15m]) > 2`,
    severity: 'ticket',
    summary: '{{ $labels.service }} was started {{ $value }} times in a quarter of an hour',
    action: 'clincher status says how it ended; clincher logs {{ $labels.service }}',
  },
];

const spend = `${names.spendUsd}{service="llm"}`;

const money = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'BudgetNearlySpent',
    expr: `${names.budgetLeftShare}{service="llm"} < ${bounds.budgetLeftShare}`,
    severity: 'ticket',
    summary:
      'A {{ $labels.window }} budget ({{ $labels.by }}) has {{ $value | humanizePercentage }} left',
    action: 'clincher spend shows on what; what does not fit any more is refused',
  },
  {
    alert: 'SpendRateJump',
    expr: jump(spend, bounds.spendJump),
    for: '5m',
    severity: 'page',
    summary: `Models cost ${bounds.spendJump.factor} times as much as in the hours before`,
    action: 'clincher spend; clincher keys block NAME stops one caller',
  },
  {
    alert: 'LedgerRefused',
    expr: grown(decisions('llm', ',reason="ledger-unavailable"'), bounds.ledgerRefusals),
    severity: 'page',
    summary: 'The ledger cannot be written, so every model call is refused',
    action: 'Is the disk full? clincher logs llm',
  },
  {
    alert: 'CacheWrongAnswers',
    expr: `${names.cacheWrongShare}{service="llm"} > 0.05`,
    for: '15m',
    severity: 'ticket',
    summary:
      'Of the answers given for something similar {{ $value | humanizePercentage }} were wrong',
    action: 'clincher cache shows which; cache: { mode: exact } gives no similar ones',
  },
];

const guards = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'EgressDenialsJump',
    expr: jump(decisions('egress'), bounds.egressDenials),
    severity: 'page',
    summary: 'Far more is tried to be reached outside than may be, and was refused',
    action: 'clincher egress top: a prompt injection or a new tool looks like this',
  },
  {
    alert: 'DockerProxyDenials',
    expr: grown(decisions('docker-proxy'), bounds.dockerDenials),
    severity: 'page',
    summary: 'The agent asks Docker for what it may not have',
    action: 'clincher sandbox log: stock OpenClaw asks for nothing that is refused',
  },
];

const isolation = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'IsolationDrift',
    expr: `${names.verifyDifferences}{service="host"} > 0`,
    severity: 'page',
    summary: 'clincher verify found {{ $value }} things otherwise than declared',
    action: 'clincher verify names each; clincher down is the safe answer',
  },
  {
    alert: 'IsolationWorse',
    expr: `${names.verifyDrift}{service="host"} > 0`,
    severity: 'page',
    summary: 'More can be reached than when clincher verify looked before: {{ $value }} things',
    action: 'clincher logs isolation names each',
  },
  {
    alert: 'IsolationNotVerified',
    expr: `time() - ${names.verifyTime}{service="host"} > ${bounds.verifiedHours} * 3600`,
    severity: 'ticket',
    summary:
      'For {{ $value | humanizeDuration }} nobody has looked whether what runs is what was declared',
    action: 'clincher verify, once a day',
  },
];

const machine = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'CertificateEndsSoon',
    expr: `${names.certificateEnds}{service="host"} - time() < ${bounds.certificateDays} * 86400`,
    severity: 'ticket',
    summary: 'The certificate {{ $labels.kind }} ends in {{ $value | humanizeDuration }}',
    action: 'clincher up renews its own; for the monitor: clincher monitor enroll --renew',
  },
  {
    alert: 'BackupOld',
    expr: `time() - ${names.backupTime}{service="host"} > ${bounds.backupHours} * 3600`,
    severity: 'ticket',
    summary: 'The last backup is {{ $value | humanizeDuration }} old',
    action: 'Run it, and after it: clincher monitor note backup',
  },
  {
    alert: 'DiskNearlyFull',
    expr: `${names.diskFree} / ${names.diskSize} < ${bounds.diskFreeShare}`,
    for: '10m',
    severity: 'page',
    summary: 'The disk of the state directory has {{ $value | humanizePercentage }} left',
    action: 'Without room for the ledger every model call is refused',
  },
  {
    alert: 'MetricsRefused',
    expr: `increase(${names.scrapeRefusedLines}[15m]) > 0`,
    for: '15m',
    severity: 'ticket',
    summary: '{{ $labels.service }} writes metrics that are none, or too many',
    action: 'What it wrote was dropped. Of the agent, ask why',
  },
];

const outside = (bounds: Thresholds): readonly AlertRule[] => [
  {
    alert: 'OutsideCheckFails',
    expr: `probe_success{job=~"${jobs.outside}-.*"} == 0`,
    for: '3m',
    severity: 'page',
    summary: 'From outside, {{ $labels.check }} is not as it should be',
    action: 'curl -i {{ $labels.url }}',
  },
  {
    alert: 'PublicCertificateEndsSoon',
    expr: `probe_ssl_earliest_cert_expiry{job=~"${jobs.outside}-.*"} - time() < ${bounds.certificateDays} * 86400`,
    severity: 'ticket',
    summary: 'The certificate that people see ends in {{ $value | humanizeDuration }}',
    action: 'Renew it where it comes from',
  },
];

/** Whether a person is to hear of it is said in the thresholds; here, in Prometheus's words. */
export function alertRules(bounds: Thresholds): readonly AlertRule[] {
  const all = [whatRuns, money, guards, isolation, machine, outside];
  return all.flatMap((some) => some(bounds));
}
