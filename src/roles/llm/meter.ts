// The model proxy's metrics. Labels are names from its settings only, never what a client sent.

import { Counter, Gauge, Histogram } from 'prom-client';
import type { TokenUsage } from '../../policy/llm-cost.ts';
import { metricNames } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { BudgetState } from './budget.ts';

export interface CallLabels {
  readonly caller: string;
  readonly key: string;
  readonly model: string;
  readonly provider: string;
}

export interface Meter {
  spent(labels: CallLabels, nanoUsd: number): void;
  tokens(labels: CallLabels, usage: TokenUsage): void;
  firstByte(labels: CallLabels, ms: number): void;
  request(caller: string, ms: number): void;
}

const seconds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const usd = 1e9;

export function createMeter(
  { metrics }: Telemetry,
  budget: () => BudgetState,
  openRequests: () => number,
): Meter {
  const registers = [metrics];
  const labelNames = ['caller', 'key', 'model', 'provider'] as const;
  const spend = new Counter({
    name: metricNames.spendUsd,
    help: 'Dollars spent, as settled.',
    labelNames,
    registers,
  });
  const tokens = new Counter({
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
  const duration = new Histogram({
    name: metricNames.requestSeconds,
    help: 'From the request to the end of its answer.',
    labelNames: ['role', 'caller'],
    buckets: seconds,
    registers,
  });
  gauge(
    metricNames.budgetRemainingUsd,
    'Dollars left in the window, reservations taken out.',
    () => budget().leftNanoUsd / usd,
  );
  gauge(
    metricNames.reservedUsd,
    'Dollars reserved for calls that are being made.',
    () => budget().reservedNanoUsd / usd,
  );
  gauge(metricNames.open, 'Requests being worked on.', openRequests);

  return {
    spent: (labels, nanoUsd) => spend.inc({ ...labels }, nanoUsd / usd),
    tokens(labels, usage) {
      const { input, cacheRead, cacheWrite, cacheWrite1h, output } = usage;
      const kinds = { input, cacheRead, cacheWrite: cacheWrite + cacheWrite1h, output };
      for (const [kind, count] of Object.entries(kinds)) tokens.inc({ ...labels, kind }, count);
    },
    firstByte: ({ model, provider }, ms) => firstByte.observe({ model, provider }, ms / 1000),
    request: (caller, ms) => duration.observe({ role: 'llm', caller }, ms / 1000),
  };

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}
