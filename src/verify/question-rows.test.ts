// What counts as a refusal: a client error with a reason that is a decision, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { State } from './model.ts';
import { stateOf } from './question-rows.ts';

const table: readonly (readonly [what: string, number | null, string, string, State])[] = [
  ['a refusal with a reason', 403, 'host-not-allowed', '', 'denied'],
  ['a missing key', 401, 'key-missing', '', 'denied'],
  ['a tunnel', 200, '', '', 'open'],
  ['a redirect', 302, '', '', 'open'],
  ['a failed attempt to serve it', 502, 'upstream-unreachable', '', 'open'],
  ['a name that was let through and not found', 502, 'name-unresolvable', '', 'open'],
  ['a proxy that is too busy to decide', 503, 'tunnels-too-many', '', 'unknown'],
  ['a fault without a reason', 500, '', '', 'unknown'],
  ['a refusal without a reason', 403, '', '', 'unknown'],
  ['a connection that ended', null, '', 'ECONNRESET', 'unknown'],
];

for (const [what, status, reason, code, expected] of table) {
  test(`${what} is ${expected}`, () => {
    assert.equal(stateOf({ id: 0, status, reason, code }).observed, expected);
  });
}

test('a question without an answer is unknown', () => {
  assert.equal(stateOf(undefined).observed, 'unknown');
});
