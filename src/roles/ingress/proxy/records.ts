// What the program says of each request, as the record and the counts that our own server leaves.

import { join } from 'node:path';
import { createHttpMetrics } from '../../../net/http-metrics.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { IngressSettings } from '../settings.ts';
import { followFile } from './follow-file.ts';
import type { ProxyProgram } from './program.ts';

export interface ProxyRecords {
  /** A line of its standard output. */
  line(text: string): void;
  close(): Promise<void>;
}

/** `reopen` makes the program begin another file. */
export async function recordLines(
  { accessLogName, readAccessLine }: ProxyProgram,
  folder: string,
  { listen, routes }: IngressSettings,
  telemetry: Telemetry,
  reopen: () => void,
): Promise<ProxyRecords> {
  const metrics = createHttpMetrics(telemetry);
  const caller = listen[0]?.caller ?? 'world';
  const line = (text: string) => {
    const said = readAccessLine(text);
    if (said === null) return telemetry.log.info('proxy', { line: text });
    const { requestId, verdict, reason, route, seconds, bytesIn, bytesOut, fields } = said;
    const to = route === null ? undefined : routes[route];
    metrics.seen(caller, seconds, bytesIn, bytesOut);
    telemetry.record({
      ...{ requestId, caller, verdict, reason },
      rule: to === undefined ? null : `route ${to.prefix}`,
      durationMs: Math.round(seconds * 1_000),
      fields: { ...fields, to: to?.service, bytesIn, bytesOut },
    });
  };
  if (accessLogName === null) return { line, close: async () => {} };
  const { close } = await followFile(join(folder, accessLogName), line, reopen);
  return { line: (text) => telemetry.log.info('proxy', { line: text }), close };
}
