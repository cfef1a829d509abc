// The record of the sandboxes, as read back: whichever role keeps them in this stack.

import { type RecordLine, type RecordSource, readDecisions } from '../read-decisions.ts';
import { type SandboxRecord, sandboxRecord, sandboxRoles } from './sandbox-record.ts';

export interface SandboxSource extends RecordSource {
  readonly lines: number;
}

/**
 * Oldest first; `lines` bounds what is shown of the past where more is waited for.
 * @throws ClincherError `record-missing`
 */
export function readRecord({
  lines,
  ...source
}: SandboxSource): AsyncGenerator<RecordLine<SandboxRecord>> {
  const written = 'It is written once a stack with sandboxes is up.';
  const kind = { roles: sandboxRoles, schema: sandboxRecord, what: 'sandboxes', written };
  return readDecisions(kind, source, source.follow ? lines : null);
}
