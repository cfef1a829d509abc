// Prometheus: how often it looks, how long it keeps what it saw, and with which certificate it
// asks the application host's door.

import { monitoringPaths } from '../../topology/monitor-host.ts';
import { monitorCredentials } from '../../topology/monitor-secrets.ts';
import type { Artefact, MonitoringView, MonitorProgram, MonitorRun } from './artefact.ts';
import { secretPath, yamlText } from './artefact.ts';
import { moduleOf } from './blackbox.ts';
import { outsideChecks } from './checks.ts';

/** On the monitoring host, where its programs find one another. */
export const monitorPorts = {
  prometheus: 9_090,
  alertmanager: 9_093,
  blackbox: 9_115,
  grafana: 3_000,
  kuma: 3_001,
  gatus: 8_080,
} as const satisfies Record<MonitorProgram, number>;

/** Those that are started, and the port of each. */
export function portsOf(images: MonitorRun['images']): [program: MonitorProgram, port: number][] {
  const all = Object.entries(monitorPorts) as [MonitorProgram, number][];
  return all.filter(([program]) => images[program] !== undefined);
}

export const jobs = { clincher: 'clincher', outside: 'outside' } as const;

/** Source: Prometheus, configuration/configuration and storage in its documentation. */
export const prometheus: Artefact = (view) => {
  const { rules } = view;
  const config = {
    global: {
      scrape_interval: `${rules.scrapeSeconds}s`,
      scrape_timeout: `${Math.min(10, rules.scrapeSeconds)}s`,
      evaluation_interval: `${rules.scrapeSeconds}s`,
    },
    rule_files: [`${view.at}/prometheus/rules/*.yml`],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [local('alertmanager')] }] }] },
    scrape_configs: [clincherJob(view), ...outsideJobs(view), itself],
  };
  return [{ path: 'prometheus/prometheus.yml', content: yamlText(config) }];
};

/** Bounds of storage are flags, not configuration. */
export function prometheusFlags({ rules, at, run }: MonitoringView): readonly string[] {
  return [
    `--config.file=${at}/prometheus/prometheus.yml`,
    `--storage.tsdb.path=${run.data}/prometheus`,
    `--storage.tsdb.retention.time=${rules.retentionDays}d`,
    `--storage.tsdb.retention.size=${rules.storageGigabytesMax}GB`,
  ];
}

function local(service: keyof typeof monitorPorts): string {
  return `127.0.0.1:${monitorPorts[service]}`;
}

/** What a scrape may be at most: a stack that is taken over must not fill the monitor. */
const bounds = { sample_limit: 20_000, body_size_limit: '10MB', label_limit: 30 } as const;

function clincherJob({ rules, at }: MonitoringView) {
  const secret = (name: string) => `${at}/${secretPath('prometheus', name)}`;
  return {
    job_name: jobs.clincher,
    scheme: 'https',
    metrics_path: monitoringPaths.metrics,
    tls_config: {
      ca_file: secret(monitorCredentials.ca),
      cert_file: secret(monitorCredentials.cert),
      key_file: secret(monitorCredentials.key),
      min_version: 'TLS12',
    },
    follow_redirects: false,
    ...bounds,
    static_configs: [{ targets: [rules.target] }],
  };
}

/** Through the blackbox exporter, which is told the address and what is right there. */
function outsideJobs(view: MonitoringView) {
  return outsideChecks(view).map((check) => ({
    job_name: `${jobs.outside}-${check.id}`,
    metrics_path: '/probe',
    params: { module: [moduleOf(check)], target: [check.url] },
    scrape_interval: `${check.everySeconds}s`,
    static_configs: [{ targets: [local('blackbox')], labels: { check: check.id, url: check.url } }],
  }));
}

const itself = { job_name: 'prometheus', static_configs: [{ targets: [local('prometheus')] }] };
