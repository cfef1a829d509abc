// What a person should hear of where no monitoring host looks: the alerts that can be told from an
// hour of a few sums, by the names and bounds of src/render/monitoring/rules.ts. Pure; it keeps one
// number a sum and round, and nothing of a service's own words but its name.

import type { Family, Sample } from '../../policy/exposition.ts';
import { metricNames as names } from '../../telemetry/names.ts';

export interface Alarm {
  readonly alert: string;
  readonly says: string;
}

/** Sums that only grow, until their service starts anew. */
const sums = {
  spend: [names.spendUsd, { service: 'llm' }],
  ledgerRefusals: [names.decisions, { service: 'llm', reason: 'ledger-unavailable' }],
  egressDenials: [names.decisions, { service: 'egress', verdict: 'deny' }],
  dockerDenials: [names.decisions, { service: 'docker-proxy', verdict: 'deny' }],
} as const satisfies Record<string, readonly [string, Labels]>;

type Labels = Readonly<Record<string, string>>;
type Sum = keyof typeof sums;

interface Round {
  readonly atMs: number;
  /** Null: its service said nothing then. */
  readonly of: Readonly<Record<Sum, number | null>>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const daySeconds = 86_400;
const keptMs = hourMs + 15 * minuteMs;
/** Whoever scrapes often makes rounds; closer ones than this say nothing new. */
const roundEveryMsMin = 10_000;
const silentMs = minuteMs;

export class Watch {
  #rounds: readonly Round[] = [];
  readonly #silentSince = new Map<string, number>();

  /** `atMs` of a clock that is never set; `nowSeconds` since 1970. */
  look(families: readonly Family[], atMs: number, nowSeconds: number): readonly Alarm[] {
    this.#note(families, atMs);
    return [...this.#silent(atMs), ...this.#jumps(atMs), ...lasting(families, nowSeconds)];
  }

  /** How many are kept. */
  get rounds(): number {
    return this.#rounds.length;
  }

  #note(families: readonly Family[], atMs: number): void {
    for (const { labels, value } of samplesOf(families, names.up)) {
      const service = labels.get('service') ?? '';
      if (value === '1') this.#silentSince.delete(service);
      else if (!this.#silentSince.has(service)) this.#silentSince.set(service, atMs);
    }
    const last = this.#rounds.at(-1);
    if (last !== undefined && atMs - last.atMs < roundEveryMsMin) return;
    const sum = (key: Sum) => sumOf(families, sums[key][0], sums[key][1]);
    const of = {
      spend: sum('spend'),
      ledgerRefusals: sum('ledgerRefusals'),
      egressDenials: sum('egressDenials'),
      dockerDenials: sum('dockerDenials'),
    };
    const kept = this.#rounds.filter((round) => atMs - round.atMs <= keptMs);
    this.#rounds = [...kept, { atMs, of }];
  }

  #silent(atMs: number): readonly Alarm[] {
    return [...this.#silentSince]
      .filter(([, since]) => atMs - since >= silentMs)
      .map(([service, since]) => ({
        alert: service === 'gateway' ? 'GatewayDown' : 'ServiceDown',
        says: `${service} has given no metrics for ${Math.round((atMs - since) / minuteMs)} min`,
      }));
  }

  #jumps(atMs: number): readonly Alarm[] {
    const grown = (key: Sum, fromMs: number, toMs: number) =>
      increase(this.#rounds, key, atMs - fromMs, atMs - toMs);
    const alarms: Alarm[] = [];
    const jump = (key: Sum, withinMs: number, factor: number, least: number) => {
      const now = grown(key, withinMs, 0);
      const before = grown(key, withinMs + hourMs, withinMs) * (withinMs / hourMs);
      return now > least && now > factor * before ? now : null;
    };
    const spent = jump('spend', 15 * minuteMs, 4, 0.5);
    if (spent !== null) {
      const says = `models have cost ${spent.toFixed(2)} US dollars in 15 min, far more than before`;
      alarms.push({ alert: 'SpendRateJump', says });
    }
    const refused = jump('egressDenials', 5 * minuteMs, 3, 20);
    if (refused !== null) {
      const says = `egress has refused ${refused} times in 5 min: clincher egress top`;
      alarms.push({ alert: 'EgressDenialsJump', says });
    }
    const ofDocker = grown('dockerDenials', 10 * minuteMs, 0);
    if (ofDocker > 5) {
      const says = `docker-proxy has refused ${ofDocker} times in 10 min: clincher sandbox log`;
      alarms.push({ alert: 'DockerProxyDenials', says });
    }
    if (grown('ledgerRefusals', 10 * minuteMs, 0) > 0) {
      alarms.push({ alert: 'LedgerRefused', says: 'the ledger could not be written' });
    }
    return alarms;
  }
}

/** What is so now is told without a history. */
function lasting(families: readonly Family[], nowSeconds: number): readonly Alarm[] {
  const host = { service: 'host' };
  const values = (name: string, of: Labels = {}) =>
    samplesOf(families, name, of).map(({ value }) => Number(value));
  const least = (all: readonly number[]) => (all.length === 0 ? null : Math.min(...all));
  const left = least(values(names.budgetLeftShare, { service: 'llm' }));
  const differences = total(samplesOf(families, names.verifyDifferences, host));
  const ends = least(values(names.certificateEnds, host));
  const backup = least(values(names.backupTime, host));
  const free =
    total(samplesOf(families, names.diskFree)) / total(samplesOf(families, names.diskSize));
  const days = ends === null ? null : (ends - nowSeconds) / daySeconds;
  const rows: readonly (readonly [boolean, string, string])[] = [
    [left !== null && left < 0.1, 'BudgetNearlySpent', `a budget has ${percent(left)} left`],
    [differences > 0, 'IsolationDrift', `clincher verify found ${differences} differences`],
    [
      days !== null && days < 14,
      'CertificateEndsSoon',
      `a certificate ends in ${days?.toFixed(0)} days`,
    ],
    [backup !== null && nowSeconds - backup > 26 * 3_600, 'BackupOld', 'the last backup is old'],
    [free < 0.1, 'DiskNearlyFull', `the disk has ${percent(free)} left`],
  ];
  return rows.flatMap(([holds, alert, says]) => (holds ? [{ alert, says }] : []));
}

function samplesOf(families: readonly Family[], name: string, of: Labels = {}): readonly Sample[] {
  const found = families.find((family) => family.name === name)?.samples ?? [];
  const wanted = Object.entries(of);
  return found.filter(({ labels }) => wanted.every(([key, value]) => labels.get(key) === value));
}

/** What a service has not counted yet is nothing, if it says anything at all. */
function sumOf(families: readonly Family[], name: string, of: Labels): number | null {
  const { service = '' } = of;
  const isUp = total(samplesOf(families, names.up, { service })) > 0;
  return isUp ? total(samplesOf(families, name, of)) : null;
}

function total(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + Number(value), 0);
}

/** A sum that is less than it was began anew at nothing. */
function increase(rounds: readonly Round[], key: Sum, fromMs: number, toMs: number): number {
  let grown = 0;
  for (const [index, { atMs, of }] of rounds.entries()) {
    const before = rounds[index - 1];
    if (before === undefined || before.atMs < fromMs || atMs > toMs) continue;
    const [was, is] = [before.of[key], of[key]];
    if (was === null || is === null) continue;
    grown += is >= was ? is - was : is;
  }
  return grown;
}

function percent(share: number | null): string {
  return `${((share ?? 0) * 100).toFixed(0)} %`;
}
