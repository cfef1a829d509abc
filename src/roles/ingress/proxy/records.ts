// What the program says of each request, as the record and the counts that our own server leaves.

import { join } from 'node:path';
import type { World } from '../../../kit/world.ts';
import type { HttpMetrics } from '../../../net/http-metrics.ts';
import { routeFor } from '../../../policy/ingress.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { IngressSettings } from '../settings.ts';
import { followFile } from './follow-file.ts';
import type { ProxyProgram } from './program.ts';

export interface ProxyRecords {
  /** A line of its standard output. */
  line(text: string): void;
  /** Of its standard error. */
  ownLine(text: string): void;
  close(): Promise<void>;
}

interface RecordKeepers {
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
}

/** `reopen` makes the program begin another file. */
export async function recordLines(
  { accessLogName, readAccessLine, readOwnLine }: ProxyProgram,
  folder: string,
  { listen, routes }: IngressSettings,
  { world, telemetry, metrics }: RecordKeepers,
  reopen: () => void,
): Promise<ProxyRecords> {
  const caller = listen[0]?.caller ?? 'world';
  const ownLine = (text: string) => {
    const short = readOwnLine(text);
    if (short !== '') telemetry.log.info('proxy', { line: short });
  };
  const line = (text: string) => {
    const said = readAccessLine(text);
    if (said === null) return ownLine(text);
    const { verdict, reason, carried, seconds, bytesIn, bytesOut, fields } = said;
    const requestId = said.requestId === '' ? world.randomId() : said.requestId;
    const to = carried ? routeFor(String(fields.path), routes) : null;
    metrics.seen(caller, seconds, bytesIn, bytesOut);
    telemetry.record({
      ...{ requestId, caller, verdict, reason },
      rule: to === null ? null : `route ${to.prefix}`,
      durationMs: Math.round(seconds * 1_000),
      fields: { ...fields, to: to?.service, bytesIn, bytesOut },
    });
  };
  if (accessLogName === null) return { line, ownLine, close: async () => {} };
  const { close } = await followFile(join(folder, accessLogName), line, reopen);
  return { line: ownLine, ownLine, close };
}
