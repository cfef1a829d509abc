// What a person should hear of where no monitoring host looks: the alerts that can be told from
// some hours of a few sums, by the names of src/render/monitoring/rules.ts and the same thresholds.
// Pure; it keeps one number a sum and round, and nothing of a service's own words but its name.

import type { Family, Sample } from '../../policy/exposition.ts';
import { metricNames as names } from '../../telemetry/names.ts';
import type { Growth, Jump, Thresholds } from '../../telemetry/thresholds.ts';

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
const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;
/** Whoever scrapes often makes rounds; closer ones than this say nothing new. */
const roundEveryMsMin = 25_000;

export class Watch {
  readonly #bounds: Thresholds;
  readonly #keptMs: number;
  #rounds: readonly Round[] = [];
  readonly #silentSince = new Map<string, number>();

  constructor(bounds: Thresholds) {
    this.#bounds = bounds;
    const jumps = [bounds.spendJump, bounds.egressDenials];
    const growths = [bounds.ledgerRefusals, bounds.dockerDenials];
    const minutes = [
      ...jumps.map(({ withinMinutes, beforeMinutes }) => withinMinutes + beforeMinutes),
      ...growths.map(({ withinMinutes }) => withinMinutes),
    ];
    this.#keptMs = Math.max(...minutes) * minuteMs;
  }

  /** `atMs` of a clock that is never set; `nowSeconds` since 1970. */
  look(families: readonly Family[], atMs: number, nowSeconds: number): readonly Alarm[] {
    this.#note(families, atMs);
    return [
      ...this.#silent(atMs),
      ...this.#jumps(atMs),
      ...lasting(families, nowSeconds, this.#bounds),
    ];
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
    const kept = this.#rounds.filter((round) => atMs - round.atMs <= this.#keptMs);
    this.#rounds = [...kept, { atMs, of }];
  }

  #silent(atMs: number): readonly Alarm[] {
    return [...this.#silentSince]
      .filter(([, since]) => atMs - since >= this.#bounds.downMinutes * minuteMs)
      .map(([service, since]) => ({
        alert: service === 'gateway' ? 'GatewayDown' : 'ServiceDown',
        says: `${service} has given no metrics for ${Math.round((atMs - since) / minuteMs)} min`,
      }));
  }

  #jumps(atMs: number): readonly Alarm[] {
    const grown = (key: Sum, fromMs: number, toMs: number) =>
      increase(this.#rounds, key, atMs - fromMs, atMs - toMs);
    const alarms: Alarm[] = [];
    const tell = (alert: string, says: string) => void alarms.push({ alert, says });
    /** What it grew by, where that is far more than before. */
    const jump = (key: Sum, { withinMinutes, beforeMinutes, factor, least }: Jump) => {
      const [withinMs, beforeMs] = [withinMinutes * minuteMs, beforeMinutes * minuteMs];
      const now = grown(key, withinMs, 0);
      const before = grown(key, withinMs + beforeMs, withinMs) * (withinMs / beforeMs);
      return now > least && now > factor * before ? now : null;
    };
    const growth = (key: Sum, { withinMinutes, above }: Growth) => {
      const now = grown(key, withinMinutes * minuteMs, 0);
      return now > above ? now : null;
    };
    const { spendJump, egressDenials, dockerDenials, ledgerRefusals } = this.#bounds;
    const spent = jump('spend', spendJump)?.toFixed(2) ?? null;
    if (spent !== null) {
      const within = `in ${spendJump.withinMinutes} min, far more than before`;
      tell('SpendRateJump', `models have cost ${spent} US dollars ${within}`);
    }
    const refused = jump('egressDenials', egressDenials);
    if (refused !== null) {
      const within = `in ${egressDenials.withinMinutes} min: clincher egress top`;
      tell('EgressDenialsJump', `egress has refused ${refused} times ${within}`);
    }
    const ofDocker = growth('dockerDenials', dockerDenials);
    if (ofDocker !== null) {
      const within = `in ${dockerDenials.withinMinutes} min: clincher sandbox log`;
      tell('DockerProxyDenials', `docker-proxy has refused ${ofDocker} times ${within}`);
    }
    if (growth('ledgerRefusals', ledgerRefusals) !== null) {
      tell('LedgerRefused', 'the ledger could not be written');
    }
    return alarms;
  }
}

/** What is so now is told without a history. */
function lasting(
  families: readonly Family[],
  nowSeconds: number,
  bounds: Thresholds,
): readonly Alarm[] {
  const host = { service: 'host' };
  const values = (name: string, of: Labels = {}) =>
    samplesOf(families, name, of).map(({ value }) => Number(value));
  const least = (all: readonly number[]) => (all.length === 0 ? null : Math.min(...all));
  const left = least(values(names.budgetLeftShare, { service: 'llm' }));
  const differences = total(samplesOf(families, names.verifyDifferences, host));
  const worse = total(samplesOf(families, names.verifyDrift, host));
  const verified = least(values(names.verifyTime, host));
  const ends = least(values(names.certificateEnds, host));
  const backup = least(values(names.backupTime, host));
  const free =
    total(samplesOf(families, names.diskFree)) / total(samplesOf(families, names.diskSize));
  const days = ends === null ? null : (ends - nowSeconds) / daySeconds;
  const isOlder = (time: number | null, hours: number) =>
    time !== null && nowSeconds - time > hours * hourSeconds;
  const rows: readonly (readonly [boolean, string, string])[] = [
    [
      left !== null && left < bounds.budgetLeftShare,
      'BudgetNearlySpent',
      `a budget has ${percent(left)} left`,
    ],
    [differences > 0, 'IsolationDrift', `clincher verify found ${differences} differences`],
    [worse > 0, 'IsolationWorse', `${worse} more things can be reached than before`],
    [
      isOlder(verified, bounds.verifiedHours),
      'IsolationNotVerified',
      `nobody has verified the isolation for ${bounds.verifiedHours} h`,
    ],
    [
      days !== null && days < bounds.certificateDays,
      'CertificateEndsSoon',
      `a certificate ends in ${days?.toFixed(0)} days`,
    ],
    [isOlder(backup, bounds.backupHours), 'BackupOld', 'the last backup is old'],
    [free < bounds.diskFreeShare, 'DiskNearlyFull', `the disk has ${percent(free)} left`],
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
