// The model proxy's metrics. Labels are names from its settings only, never what a client sent.

import type { TokenUsage } from '../../policy/llm-cost.ts';
import type { Candidate } from '../../policy/llm-route.ts';
import { type Window, windowText } from '../../policy/llm-window.ts';
import { bytesByCaller, droppedByCaller, secondsByCaller } from '../../telemetry/caller-metrics.ts';
import { metricNames } from '../../telemetry/names.ts';
import { Counter, Gauge, Histogram } from '../../telemetry/prom.ts';
import { summed } from '../../telemetry/summed.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { BudgetState } from './money/budgets.ts';

export interface CallLabels {
  readonly caller: string;
  readonly key: string;
  readonly model: string;
  readonly provider: string;
  /** Its id in the settings, and the provider's name for its model. */
  readonly deployment: string;
  readonly deploymentModel: string;
}

export interface Meter {
  spent(labels: CallLabels, nanoUsd: number): void;
  tokens(labels: CallLabels, usage: TokenUsage): void;
  firstByte(labels: Pick<CallLabels, 'model' | 'provider'>, ms: number): void;
  attemptFailed(candidate: FailedAt, errorClass: string): void;
  /**
   * A request began; what is returned says that it ended. `in` is from the caller, `out` is to it.
   */
  began(caller: string): (ms: number, bytesIn: number, bytesOut: number) => void;
  dropped(caller: string): void;
}

type FailedAt = Pick<Candidate, 'group' | 'provider' | 'id'>;

const seconds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const usd = 1e9;

export function createMeter({ metrics }: Telemetry, budgets: () => readonly BudgetState[]): Meter {
  const registers = [metrics];
  const labelNames = ['caller', 'key', 'model', 'provider'] as const;
  const spend = summed({
    name: metricNames.spendUsd,
    help: 'Dollars spent, as settled.',
    labelNames,
    registers,
  });
  const tokens = summed({
    name: metricNames.tokens,
    help: 'Tokens as the provider counted them, by kind.',
    labelNames: [...labelNames, 'kind'],
    registers,
  });
  const firstByte = new Histogram({
    name: metricNames.firstByteSeconds,
    help: 'From the request to the first byte of the provider.',
    labelNames: ['model', 'provider'],
    buckets: seconds,
    registers,
  });
  const failures = new Counter({
    name: metricNames.attemptFailures,
    help: 'Attempts at a deployment that failed, by class of error.',
    labelNames: ['model', 'provider', 'deployment', 'class'],
    registers,
  });
  const duration = secondsByCaller(metrics);
  const open = new Gauge({
    name: metricNames.open,
    help: 'Requests being worked on.',
    labelNames: ['caller'],
    registers,
  });
  const bytes = bytesByCaller(metrics);
  const dropped = droppedByCaller(metrics);
  budgetGauges(metrics, budgets);

  return {
    spent: (labels, nanoUsd) => spend(nameOf(labels), ownLabels(labels), nanoUsd / usd),
    tokens(labels, usage) {
      const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
      const name = nameOf(labels);
      const add = (kind: string, count: number) =>
        tokens(`${kind} ${name}`, { ...ownLabels(labels), kind }, count);
      add('input', input);
      add('cacheRead', cacheRead);
      add('cacheWrite', cacheWrite + cacheWrite1h);
      add('output', output);
    },
    firstByte: ({ model, provider }, ms) => firstByte.observe({ model, provider }, ms / 1000),
    attemptFailed: ({ group, provider, id }, errorClass) =>
      failures.inc({ model: group, provider, deployment: id, class: errorClass }),
    began(caller) {
      open.inc({ caller });
      return (ms, bytesIn, bytesOut) => {
        open.dec({ caller });
        duration.observe({ caller }, ms / 1000);
        bytes.inc({ caller, direction: 'in' }, bytesIn);
        bytes.inc({ caller, direction: 'out' }, bytesOut);
      };
    },
    dropped: (caller) => dropped.inc({ caller }),
  };
}

/** No name in the settings has a line of its own. */
function nameOf({ caller, key, model, provider }: CallLabels): string {
  return `${caller}\n${key}\n${model}\n${provider}`;
}

function ownLabels({ caller, key, model, provider }: CallLabels) {
  return { caller, key, model, provider };
}

function budgetGauges(metrics: Telemetry['metrics'], states: () => readonly BudgetState[]): void {
  const labelNames = ['by', 'name', 'window'] as const;
  const gauge = (name: string, help: string, read: (state: BudgetState) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [metrics],
      collect() {
        this.reset();
        for (const state of states()) {
          const { by, window } = state.rule;
          // Sessions are named by whoever calls, and there is no end to them.
          if (by === 'session') continue;
          this.set({ by, name: state.subject, window: windowLabel(window) }, read(state) / usd);
        }
      },
    });
  gauge(
    metricNames.budgetRemainingUsd,
    'Dollars left in the window, reservations taken out, by budget.',
    ({ leftNanoUsd }) => leftNanoUsd,
  );
  gauge(
    metricNames.reservedUsd,
    'Dollars reserved for calls that are being made, by budget.',
    ({ reservedNanoUsd }) => reservedNanoUsd,
  );
  new Gauge({
    name: metricNames.budgetLeftShare,
    help: 'What is left of the scarcest budget of its kind and window, as a share.',
    labelNames: ['by', 'window'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [labels, share] of scarcest(states())) this.set(labels, share);
    },
  });
}

/** By kind and window alone: whose budget it is says who asks. */
function scarcest(states: readonly BudgetState[]) {
  const kinds = Map.groupBy(states, ({ rule }) => `${rule.by} ${windowLabel(rule.window)}`);
  return [...kinds.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { by, window } = first.rule;
    const shares = group.map(({ rule, leftNanoUsd }) =>
      rule.limitNanoUsd === 0 ? 0 : leftNanoUsd / rule.limitNanoUsd,
    );
    return [[{ by, window: windowLabel(window) }, Math.min(...shares)] as const];
  });
}

function windowLabel(window: Window): string {
  return typeof window === 'string' ? window : windowText(window);
}
