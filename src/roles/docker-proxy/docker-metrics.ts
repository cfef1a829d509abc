// What the Docker proxy counts beyond its decisions, by caller and by closed sets of words.

import type * as prom from 'prom-client';
import { bytesByCaller, droppedByCaller, secondsByCaller } from '../../telemetry/caller-metrics.ts';
import { metricNames } from '../../telemetry/names.ts';
import { Counter, Gauge } from '../../telemetry/prom.ts';
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

interface CallerSeries {
  readonly seconds: prom.Histogram.Internal<'caller'>;
  readonly in: prom.Counter.Internal;
  readonly out: prom.Counter.Internal;
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
  // Callers are those of the settings: few, and found anew for each call otherwise.
  const byCaller = new Map<string, CallerSeries>();
  const ofCaller = (caller: string): CallerSeries => {
    const known = byCaller.get(caller) ?? {
      seconds: seconds.labels({ caller }),
      in: bytes.labels({ caller, direction: 'in' }),
      out: bytes.labels({ caller, direction: 'out' }),
    };
    byCaller.set(caller, known);
    return known;
  };
  return {
    opened: (caller) => open.inc({ caller }),
    closed: (caller) => open.dec({ caller }),
    dropped: (caller) => dropped.inc({ caller }),
    answered: (caller, took) => ofCaller(caller).seconds.observe(took),
    carried(caller, bytesIn, bytesOut) {
      if (bytesIn > 0) ofCaller(caller).in.inc(bytesIn);
      if (bytesOut > 0) ofCaller(caller).out.inc(bytesOut);
    },
    streamOpened: (caller) => streams.inc({ caller }),
    streamEnded(caller, end) {
      streams.dec({ caller });
      ends.inc({ caller, end });
    },
  };
}
