// The mount table of this process: how it sees the folders that are given to containers.

import { readFileSync } from 'node:fs';
import { type Mount, readMountTable } from './mount-table.ts';

export function ownMountTable(): readonly Mount[] {
  return readMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
}
