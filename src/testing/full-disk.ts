// A disk without room, for tests that mounted a small one.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';

const stepBytes = 4_096;
const stepsMax = 10_000;

/** Writes until there is no room for another byte. */
export function fillDisk(file: string): void {
  for (const bytes of [stepBytes, 1]) {
    try {
      for (let step = 0; step < stepsMax; step += 1) {
        writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
      }
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      continue;
    }
    assert.fail('the disk is never full');
  }
}
