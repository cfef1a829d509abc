// What the Docker proxy counts beyond its decisions, by caller and by closed sets of words.

import { Counter, Gauge } from 'prom-client';
import { bytesByCaller, droppedByCaller, secondsByCaller } from '../../telemetry/caller-metrics.ts';
import { metricNames } from '../../telemetry/names.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

export interface DockerMetrics {
  opened(caller: string): void;
  closed(caller: string): void;
  dropped(caller: string): void;
  answered(caller: string, seconds: number): void;
  /** Through answers and streams: in is from the caller, out is to it. */
  carried(caller: string, bytesIn: number, bytesOut: number): void;
  streamOpened(caller: string): void;
  streamEnded(caller: string, how: string): void;
}

export function createDockerMetrics(telemetry: Telemetry): DockerMetrics {
  const registers = [telemetry.metrics];
  const open = new Gauge({
    name: metricNames.open,
    help: 'Connections that are open now.',
    labelNames: ['caller'],
    registers,
  });
  const streams = new Gauge({
    name: metricNames.dockerStreams,
    help: 'Streams of the Docker API that are open now.',
    labelNames: ['caller'],
    registers,
  });
  const ends = new Counter({
    name: metricNames.dockerStreamEnds,
    help: 'Streams of the Docker API that ended, by how.',
    labelNames: ['caller', 'end'],
    registers,
  });
  const seconds = secondsByCaller(telemetry.metrics);
  const bytes = bytesByCaller(telemetry.metrics);
  const dropped = droppedByCaller(telemetry.metrics);
  return {
    opened: (caller) => open.inc({ caller }),
    closed: (caller) => open.dec({ caller }),
    dropped: (caller) => dropped.inc({ caller }),
    answered: (caller, took) => seconds.observe({ caller }, took),
    carried(caller, bytesIn, bytesOut) {
      if (bytesIn > 0) bytes.inc({ caller, direction: 'in' }, bytesIn);
      if (bytesOut > 0) bytes.inc({ caller, direction: 'out' }, bytesOut);
    },
    streamOpened: (caller) => streams.inc({ caller }),
    streamEnded(caller, end) {
      streams.dec({ caller });
      ends.inc({ caller, end });
    },
  };
}
