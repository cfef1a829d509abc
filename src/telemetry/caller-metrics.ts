// The metrics that every role keeps by caller: the same family everywhere, so that they can be
// added up.

import { metricNames } from './names.ts';
import { Counter, Histogram, type Registry } from './prom.ts';

/** Seconds from a request to the end of its answer; a tunnel's answer is that it is open. */
export function secondsByCaller(registry: Registry): Histogram<'caller'> {
  return new Histogram({
    name: metricNames.requestSeconds,
    help: 'Time from a request to the end of its answer.',
    labelNames: ['caller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 600],
    registers: [registry],
  });
}

export function bytesByCaller(registry: Registry): Counter<'caller' | 'direction'> {
  return new Counter({
    name: metricNames.bytes,
    help: 'Body bytes by direction: in is from the caller, out is to it.',
    labelNames: ['caller', 'direction'],
    registers: [registry],
  });
}

export function droppedByCaller(registry: Registry): Counter<'caller'> {
  return new Counter({
    name: metricNames.dropped,
    help: 'Connections closed at once because too many were open.',
    labelNames: ['caller'],
    registers: [registry],
  });
}
