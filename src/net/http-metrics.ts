// What every HTTP role counts: how long requests took, bytes each way, open and dropped
// connections.

import { Counter, Gauge, Histogram } from 'prom-client';
import { metricNames } from '../telemetry/names.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { HttpServer } from './http-server.ts';

export interface HttpMetrics {
  seen(caller: string, seconds: number, bytesIn: number, bytesOut: number): void;
  /** Counts a server's open connections, and those it dropped over its limit. */
  watch(caller: string, server: HttpServer): void;
}

export function createHttpMetrics(telemetry: Telemetry): HttpMetrics {
  const registers = [telemetry.metrics];
  const seconds = new Histogram({
    name: metricNames.requestSeconds,
    help: 'Time from a request to the end of its answer.',
    labelNames: ['caller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers,
  });
  const bytes = new Counter({
    name: metricNames.bytes,
    help: 'Body bytes by direction: in is from the caller, out is to it.',
    labelNames: ['caller', 'direction'],
    registers,
  });
  const dropped = new Counter({
    name: metricNames.dropped,
    help: 'Connections closed at once because too many were open.',
    labelNames: ['caller'],
    registers,
  });
  const watched: { caller: string; server: HttpServer }[] = [];
  new Gauge({
    name: metricNames.open,
    help: 'Connections that are open now.',
    labelNames: ['caller'],
    registers,
    collect() {
      this.reset();
      for (const { caller, server } of watched) this.inc({ caller }, server.open());
    },
  });
  return {
    seen(caller, took, bytesIn, bytesOut) {
      seconds.observe({ caller }, took);
      bytes.inc({ caller, direction: 'in' }, bytesIn);
      bytes.inc({ caller, direction: 'out' }, bytesOut);
    },
    watch(caller, server) {
      watched.push({ caller, server });
      server.server.on('drop', () => dropped.inc({ caller }));
    },
  };
}
