// What egress counts beyond its decisions: tunnels open now, bytes each way, how long a tunnel
// took to open.

import { Counter, Gauge, Histogram } from 'prom-client';
import { metricNames } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

export interface EgressMetrics {
  opened(caller: string): void;
  closed(caller: string): void;
  /** From the request to its answer. */
  answered(caller: string, seconds: number): void;
  /** `in` is from the caller, `out` is to it. */
  carried(caller: string, bytesIn: number, bytesOut: number): void;
  dropped(caller: string): void;
}

export function createEgressMetrics(telemetry: Telemetry): EgressMetrics {
  const registers = [telemetry.metrics];
  const open = new Gauge({
    name: metricNames.open,
    help: 'Connections that are open now.',
    labelNames: ['caller'],
    registers,
  });
  const seconds = new Histogram({
    name: metricNames.requestSeconds,
    help: 'Time from a request to its answer.',
    labelNames: ['caller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const bytes = new Counter({
    name: metricNames.bytes,
    help: 'Bytes through tunnels by direction: in is from the caller, out is to it.',
    labelNames: ['caller', 'direction'],
    registers,
  });
  const dropped = new Counter({
    name: metricNames.dropped,
    help: 'Connections closed at once because too many were open.',
    labelNames: ['caller'],
    registers,
  });
  return {
    opened: (caller) => open.inc({ caller }),
    closed: (caller) => open.dec({ caller }),
    answered: (caller, took) => seconds.observe({ caller }, took),
    carried(caller, bytesIn, bytesOut) {
      bytes.inc({ caller, direction: 'in' }, bytesIn);
      bytes.inc({ caller, direction: 'out' }, bytesOut);
    },
    dropped: (caller) => dropped.inc({ caller }),
  };
}
