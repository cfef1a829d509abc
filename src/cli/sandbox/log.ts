// `clincher sandbox log`: the records that were asked for, in the order they happened.

import { readRecord, type SandboxSource } from './read-record.ts';
import type { SandboxRecord } from './sandbox-record.ts';

export interface RecordFilter {
  readonly caller?: string | undefined;
  /** An id, the beginning of one, or a name as the caller said it. */
  readonly container?: string | undefined;
  readonly operation?: string | undefined;
  readonly verdict?: SandboxRecord['verdict'] | undefined;
  readonly reason?: string | undefined;
  readonly id?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
}

export interface LogSink {
  record(record: SandboxRecord): void;
  /** Something about the record itself that its reader must know. */
  note(text: string): void;
}

/** Resolves to how many were shown; with `follow` only when the source ends. */
export async function showRecords(
  source: SandboxSource,
  filter: RecordFilter,
  sink: LogSink,
): Promise<number> {
  const held: SandboxRecord[] = [];
  let count = 0;
  const show = (record: SandboxRecord) => {
    count += 1;
    sink.record(record);
  };
  for await (const line of readRecord(source)) {
    if ('unreadable' in line) {
      sink.note(`line ${line.unreadable} of the record says it is a decision and cannot be read`);
    } else if (matches(line.record, filter)) {
      if (source.follow) show(line.record);
      else if (held.push(line.record) > source.lines) held.shift();
    }
  }
  for (const record of held) show(record);
  return count;
}

export function matches(record: SandboxRecord, filter: RecordFilter): boolean {
  const { caller, container, operation, verdict, reason, id, sinceMs } = filter;
  const isDocker = record.role === 'docker-proxy';
  const ids = isDocker ? [record.container, record.name] : [record.scope];
  return (
    (caller === undefined || record.caller === caller) &&
    (container === undefined || ids.some((each) => each?.startsWith(container) === true)) &&
    (operation === undefined || (isDocker && record.operation === operation)) &&
    (verdict === undefined || record.verdict === verdict) &&
    (reason === undefined || record.reason === reason) &&
    (id === undefined || record.requestId === id) &&
    (sinceMs === undefined || Date.parse(record.time) >= sinceMs)
  );
}
