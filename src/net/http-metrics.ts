// What every HTTP role counts: how long requests took, bytes each way, open and dropped
// connections.

import { bytesByCaller, droppedByCaller, secondsByCaller } from '../telemetry/caller-metrics.ts';
import { metricNames } from '../telemetry/names.ts';
import { Gauge } from '../telemetry/prom.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { HttpServer } from './http-server.ts';

export interface HttpMetrics {
  seen(caller: string, seconds: number, bytesIn: number, bytesOut: number): void;
  /** Counts a server's open connections, and those it dropped over its limit. */
  watch(caller: string, server: HttpServer): void;
}

export function createHttpMetrics(telemetry: Telemetry): HttpMetrics {
  const registers = [telemetry.metrics];
  const seconds = secondsByCaller(telemetry.metrics);
  const bytes = bytesByCaller(telemetry.metrics);
  const dropped = droppedByCaller(telemetry.metrics);
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
