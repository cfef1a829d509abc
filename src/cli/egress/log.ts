// `clincher egress log`: the records that were asked for, the last ones first read and printed in
// the order they happened, then more as they come.

import type { EgressRecord } from '../../roles/egress/record.ts';
import type { RecordLine, RecordSource } from '../read-decisions.ts';
import { matchesFilter, type RecordFilter } from './filter.ts';
import { readRecord } from './read-record.ts';

export interface LogSink {
  record(record: EgressRecord): void;
  /** Something about the record itself that its reader must know. */
  note(text: string): void;
}

/** When nothing has come for this long, what was there before has been read. */
const pauseMs = 100;

/** Resolves to how many records were shown; with `follow` only when the source ends. */
export async function showRecords(
  source: RecordSource,
  filter: RecordFilter,
  lastMax: number,
  sink: LogSink,
): Promise<number> {
  const held: EgressRecord[] = [];
  let holding = true;
  let count = 0;
  const show = (record: EgressRecord) => {
    count += 1;
    sink.record(record);
  };
  const release = () => {
    holding = false;
    for (const record of held.splice(0)) show(record);
  };
  for await (const line of withPauses(readRecord(source), source.follow)) {
    if (line === 'pause') release();
    else if ('unreadable' in line) sink.note(unreadableText(line.unreadable));
    else if (matchesFilter(line.record, filter)) {
      if (!holding) show(line.record);
      else if (held.push(line.record) > lastMax) held.shift();
    }
  }
  release();
  return count;
}

export function unreadableText(line: number): string {
  return `line ${line} of the record says it is a decision and cannot be read`;
}

/** Says once when the source pauses; asked only of a source that is followed. */
async function* withPauses(
  lines: AsyncGenerator<RecordLine<EgressRecord>>,
  follow: boolean,
): AsyncGenerator<RecordLine<EgressRecord> | 'pause'> {
  if (!follow) return yield* lines;
  let paused = false;
  let next = lines.next();
  try {
    while (true) {
      const first = paused ? await next : await firstOf(next);
      if (first === 'pause') {
        paused = true;
        yield 'pause';
        continue;
      }
      if (first.done === true) return;
      yield first.value;
      next = lines.next();
    }
  } finally {
    await lines.return(undefined);
  }
}

async function firstOf<T>(next: Promise<T>): Promise<T | 'pause'> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<'pause'>((resolve) => {
    timer = setTimeout(resolve, pauseMs, 'pause');
  });
  const first = await Promise.race([next, pause]);
  clearTimeout(timer);
  return first;
}
