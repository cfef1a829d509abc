// The canonical line of a request: who asked for what, what was decided and by which rule, what it
// cost.

import type { Log, LogFields } from './log.ts';
import { metricNames } from './names.ts';
import type { Registry } from './prom.ts';
import { summed } from './summed.ts';

export interface DecisionRecord {
  readonly requestId: string;
  readonly caller: string;
  /** The caller as a metric label, where its name is a client's own; the caller when left out. */
  readonly countedAs?: string;
  readonly verdict: 'allow' | 'deny' | 'report';
  /** A code from policy/reasons.ts: a closed set, so it can be a metric label. */
  readonly reason: string;
  /** The rule that decided, with its place (`clincher.yaml:14:7`), or null when none matched. */
  readonly rule: string | null;
  readonly durationMs: number;
  /** What else this role says of a request: host, port, address, model, bytes, spend, status. */
  readonly fields?: LogFields;
}

export type Recorder = (record: DecisionRecord) => void;

export function createRecorder(log: Log, metrics: Registry, role: string): Recorder {
  const decide = summed({
    name: metricNames.decisions,
    help: 'Requests by verdict and reason.',
    labelNames: ['role', 'caller', 'verdict', 'reason'],
    registers: [metrics],
  });
  return ({ fields, countedAs, ...record }) => {
    const { caller, verdict, reason } = record;
    const counted = countedAs ?? caller;
    const labels = { role, caller: counted, verdict, reason };
    decide(`${verdict} ${reason} ${counted}`, labels, 1);
    log.info('decision', { ...record, ...fields });
  };
}
