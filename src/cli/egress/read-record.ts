// The record of egress, as read back.

import { type EgressRecord, egressRecord } from '../../roles/egress/record.ts';
import { type RecordLine, type RecordSource, readDecisions } from '../read-decisions.ts';

/** Oldest first. @throws ClincherError `record-missing` */
export function readRecord(source: RecordSource): AsyncGenerator<RecordLine<EgressRecord>> {
  const written = 'It is written once a stack is up: clincher up.';
  return readDecisions(
    { roles: ['egress'], schema: egressRecord, what: 'egress', written },
    source,
  );
}
