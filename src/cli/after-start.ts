// A start leaves more behind than what runs needs: modules read and compiled, settings taken apart.
// Node would keep that room for as long as a service that is not busy has no need to collect.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Once, when everything listens. It takes some tens of milliseconds: nobody waits for them yet. */
export function giveBackStartMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  // A plain one keeps the room that young objects had during the start: most of what is left.
  const everything = { type: 'major', execution: 'sync', flavor: 'last-resort' };
  if (typeof collect === 'function') collect(everything);
  setFlagsFromString('--no-expose-gc');
}
