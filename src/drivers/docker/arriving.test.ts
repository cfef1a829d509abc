// Whose rights count: not of who is only on the way in, but of who stays as it came.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InspectedProcess, Inspection } from '../driver.ts';
import { onceArrived } from './arriving.ts';

const none = '0000000000000000';
const capabilities = {
  ...{ inheritable: none, permitted: none, effective: none, bounding: none, ambient: none },
};
const bound: InspectedProcess = {
  ...{ pid: 7, argv: ['node'], env: {}, capabilities, users: [1_000] },
  limits: { files: 1, processes: 1, dataBytes: 1 },
  ...{ noNewPrivileges: true, filtersSystemCalls: true, joined: true },
  ...{ namespaces: {}, mounts: [], foreignFiles: [] },
};
const arriving: readonly (readonly [what: string, one: InspectedProcess])[] = [
  ['with capabilities', { ...bound, capabilities: { ...capabilities, effective: '1ff' } }],
  ['without a filter yet', { ...bound, filtersSystemCalls: false }],
  ['who may still gain privileges', { ...bound, noNewPrivileges: false }],
];

function looks(seen: readonly InspectedProcess[]): { look: () => Inspection; count: () => number } {
  let count = 0;
  const look = (): Inspection => {
    const one = seen[Math.min(count, seen.length - 1)];
    count += 1;
    return {
      processes: one === undefined ? [] : [one],
      ...{ worldListeners: [], worldConnections: [], groupLimits: null, stateIdentity: null },
    };
  };
  return { look, count: () => count };
}

for (const [what, one] of arriving) {
  test(`who comes in ${what} is looked at again, and is what it has become`, async () => {
    const { look, count } = looks([one, one, bound]);
    assert.deepEqual((await onceArrived(look, 60_000)).processes, [bound]);
    assert.equal(count(), 3);
  });

  test(`who stays ${what} is shown as it is`, async () => {
    const { look } = looks([one]);
    assert.deepEqual((await onceArrived(look, 0)).processes, [one]);
  });

  test(`a process of the service's own ${what} is not waited for`, async () => {
    const own = { ...one, joined: false };
    const { look, count } = looks([own, bound]);
    assert.deepEqual((await onceArrived(look, 60_000)).processes, [own]);
    assert.equal(count(), 1);
  });
}
