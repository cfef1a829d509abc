// What egress counts beyond its decisions: tunnels open now and how they ended, bytes each way as
// they pass, how long a tunnel took to open.

import { droppedByCaller, secondsByCaller } from '../../telemetry/caller-metrics.ts';
import { metricNames } from '../../telemetry/names.ts';
import { Counter, Gauge } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** Bytes that passed since the start: `in` is from the caller, `out` is to it. */
export interface Carried {
  bytesIn: number;
  bytesOut: number;
}

export interface EgressMetrics {
  opened(caller: string): void;
  closed(caller: string): void;
  /** From the request to its answer. */
  answered(caller: string, seconds: number): void;
  /** The caller's own sums, for a tunnel to add to while it lives. */
  carried(caller: string): Carried;
  ended(caller: string, how: string): void;
  dropped(caller: string): void;
  reloaded(outcome: 'taken' | 'kept'): void;
}

export function createEgressMetrics(telemetry: Telemetry): EgressMetrics {
  const registers = [telemetry.metrics];
  const open = new Gauge({
    name: metricNames.open,
    help: 'Connections that are open now.',
    labelNames: ['caller'],
    registers,
  });
  const seconds = secondsByCaller(telemetry.metrics);
  const dropped = droppedByCaller(telemetry.metrics);
  const ends = new Counter({
    name: metricNames.tunnelEnds,
    help: 'Tunnels that ended, by how.',
    labelNames: ['caller', 'end'],
    registers,
  });
  const reloads = new Counter({
    name: metricNames.reloads,
    help: 'Readings of changed files, by whether they were taken.',
    labelNames: ['outcome'],
    registers,
  });
  return {
    opened: (caller) => open.inc({ caller }),
    closed: (caller) => open.dec({ caller }),
    answered: (caller, took) => seconds.observe({ caller }, took),
    carried: countBytes(telemetry),
    ended: (caller, end) => ends.inc({ caller, end }),
    dropped: (caller) => dropped.inc({ caller }),
    reloaded: (outcome) => reloads.inc({ outcome }),
  };
}

/** Plain sums on the way of the bytes; a counter only when somebody reads it. */
function countBytes(telemetry: Telemetry): EgressMetrics['carried'] {
  const sums = new Map<string, Carried>();
  new Counter({
    name: metricNames.bytes,
    help: 'Bytes through tunnels by direction: in is from the caller, out is to it.',
    labelNames: ['caller', 'direction'],
    registers: [telemetry.metrics],
    collect() {
      this.reset();
      for (const [caller, { bytesIn, bytesOut }] of sums) {
        this.inc({ caller, direction: 'in' }, bytesIn);
        this.inc({ caller, direction: 'out' }, bytesOut);
      }
    },
  });
  return (caller) => {
    const sum = sums.get(caller) ?? { bytesIn: 0, bytesOut: 0 };
    sums.set(caller, sum);
    return sum;
  };
}
