// What a role reports through: a log, a metrics registry and one record per request.

import { createLog, type Log } from './log.ts';
import { Registry } from './prom.ts';
import { createRecorder, type Recorder } from './record.ts';

export interface Telemetry {
  readonly log: Log;
  readonly metrics: Registry;
  /** Ends a request: one canonical line, and the decision counter. */
  readonly record: Recorder;
  /** Why lines cannot be written just now, or null; asked before what must leave a record. */
  readonly fault: () => string | null;
}

export function createTelemetry(
  service: string,
  role: string,
  write: (line: string) => void,
  now: () => number,
  fault: () => string | null = () => null,
): Telemetry {
  const metrics = new Registry();
  const log = createLog({ service, role }, write, now);
  return { log, metrics, record: createRecorder(log, metrics, role), fault };
}
