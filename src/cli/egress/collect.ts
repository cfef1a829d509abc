// All records that a question is about, at once.

import type { EgressRecord } from '../../roles/egress/record.ts';
import type { RecordSource } from '../read-decisions.ts';
import { matchesFilter, type RecordFilter } from './filter.ts';
import { unreadableText } from './log.ts';
import { readRecord } from './read-record.ts';

/**
 * Oldest first. Bounded by the log file, which is bounded itself.
 * @throws ClincherError `record-missing`
 */
export async function collectRecords(
  source: RecordSource,
  filter: RecordFilter,
  note: (text: string) => void,
): Promise<readonly EgressRecord[]> {
  const records: EgressRecord[] = [];
  for await (const line of readRecord(source)) {
    if ('unreadable' in line) note(unreadableText(line.unreadable));
    else if (matchesFilter(line.record, filter)) records.push(line.record);
  }
  return records;
}
