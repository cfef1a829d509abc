// What the cache counts: for the metrics, and for whoever asks how it does.

import { metricMeanings, metricNames } from '../../../telemetry/names.ts';
import { Counter, Gauge } from '../../../telemetry/prom.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import {
  type CacheStats,
  type Checked,
  type CheckKind,
  checkKinds,
  type LookupOutcome,
  lookupOutcomes,
} from './answer-cache.ts';
import type { AnswerStore } from './store.ts';

/** The words for why are few; what a store or a client could add to them is not counted apart. */
const whysMax = 64;
const usd = 1e9;

export class Tally {
  readonly #lookups = zeros(lookupOutcomes);
  readonly #whys: Record<string, number> = {};
  readonly #right = zeros(checkKinds);
  readonly #wrong = zeros(checkKinds);
  readonly #counters: ReturnType<typeof countersOf>;
  #savedNanoUsd = 0;

  constructor(telemetry: Telemetry, store: AnswerStore) {
    this.#counters = countersOf(telemetry, store, () => this.wrongShare());
  }

  lookup(model: string, outcome: LookupOutcome, why = ''): void {
    this.#lookups[outcome] += 1;
    this.#counters.lookups.inc({ model, outcome });
    if (why === '') return;
    const isKnown = Object.hasOwn(this.#whys, why) || Object.keys(this.#whys).length < whysMax;
    const counted = isKnown ? why : 'other';
    this.#whys[counted] = (this.#whys[counted] ?? 0) + 1;
  }

  saved(model: string, nanoUsd: number): void {
    this.#savedNanoUsd += nanoUsd;
    this.#counters.saved.inc({ model }, nanoUsd / usd);
  }

  checked(kind: CheckKind, same: boolean): void {
    (same ? this.#right : this.#wrong)[kind] += 1;
    this.#counters.checks.inc({ kind, right: same ? 'yes' : 'no' });
  }

  /** Null while none was checked. */
  wrongShare(): number | null {
    const [right, wrong] = [this.#right.shadow, this.#wrong.shadow];
    return right + wrong === 0 ? null : wrong / (right + wrong);
  }

  counts(): Pick<CacheStats, 'lookups' | 'whys' | 'checks' | 'wrongShare' | 'savedNanoUsd'> {
    const checked = (kind: CheckKind): Checked => ({
      right: this.#right[kind],
      wrong: this.#wrong[kind],
    });
    return {
      lookups: { ...this.#lookups },
      whys: { ...this.#whys },
      checks: {
        shadow: checked('shadow'),
        explore: checked('explore'),
        feedback: checked('feedback'),
      },
      wrongShare: this.wrongShare(),
      savedNanoUsd: this.#savedNanoUsd,
    };
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

function countersOf({ metrics }: Telemetry, store: AnswerStore, wrongShare: () => number | null) {
  const registers = [metrics];
  const counter = <Label extends string>(
    name: 'cacheLookups' | 'cacheChecks' | 'cacheSavedUsd',
    labelNames: Label[],
  ) => new Counter({ name: metricNames[name], help: metricMeanings[name], labelNames, registers });
  const gauge = (
    name: 'cacheWrongShare' | 'cacheEntries' | 'cacheBytes' | 'cacheStoreFaults',
    read: () => number | null,
  ) =>
    new Gauge({
      name: metricNames[name],
      help: metricMeanings[name],
      registers,
      collect() {
        this.set(read() ?? Number.NaN);
      },
    });
  gauge('cacheWrongShare', wrongShare);
  gauge('cacheEntries', () => store.stats().entries);
  gauge('cacheBytes', () => store.stats().bytes);
  gauge('cacheStoreFaults', () => store.stats().faults);
  return {
    lookups: counter('cacheLookups', ['model', 'outcome']),
    checks: counter('cacheChecks', ['kind', 'right']),
    saved: counter('cacheSavedUsd', ['model']),
  };
}
