// What each outcome of an attempt means, by circumstance: one row per case that has ever been
// confused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Circumstances, classify } from './classify.ts';
import type { State } from './model.ts';

const plain: Circumstances = {
  ...{ token: null, live: false, ownLoopback: false, isName: false, onEdgesAlone: false },
  ...{ noWayByTcp: false, isOfLink: false, isIPv6: false },
};

const table: readonly (readonly [
  what: string,
  code: string,
  answer: string,
  seen: Partial<Circumstances>,
  expected: State,
])[] = [
  ['a connection', 'connected', '', {}, 'open'],
  ['an answer over UDP', 'answered', 'x', {}, 'open'],
  ['a canary that said its token', 'connected', 'token', { token: 'token' }, 'open'],
  [
    'the token over its own loopback: a forwarder',
    'connected',
    't',
    { token: 't', ownLoopback: true },
    'open',
  ],
  [
    'its own listener at a canary port',
    'connected',
    'x',
    { token: 't', ownLoopback: true },
    'denied',
  ],
  ['its own listener at a host port', 'connected', '', { ownLoopback: true }, 'denied'],
  ['somebody else at a canary port', 'connected', 'x', { token: 't' }, 'unknown'],
  ['no route', 'ENETUNREACH', '', {}, 'denied'],
  ['no address of that family', 'EADDRNOTAVAIL', '', { isIPv6: true }, 'denied'],
  ['no port left, which somebody may have seen to', 'EADDRNOTAVAIL', '', {}, 'unknown'],
  ['a firewall that says so', 'EPERM', '', {}, 'denied'],
  ['a path that may not be entered', 'EACCES', '', {}, 'denied'],
  ['a path that is not there', 'ENOENT', '', {}, 'absent'],
  ['refused by who listens', 'ECONNREFUSED', '', { live: true }, 'denied'],
  ['refused by nobody', 'ECONNREFUSED', '', {}, 'down'],
  ['refused on its own loopback', 'ECONNREFUSED', '', { ownLoopback: true }, 'denied'],
  ['nobody at the address, the way is there', 'EHOSTUNREACH', '', {}, 'down'],
  ['silence from who listens', 'timeout', '', { live: true }, 'denied'],
  ['silence from anybody', 'timeout', '', {}, 'unknown'],
  ['a datagram that left', 'sent', '', {}, 'unknown'],
  ['a datagram to who would have answered', 'sent', '', { live: true, token: 't' }, 'denied'],
  ['a datagram to who may not answer any', 'sent', '', { live: true }, 'unknown'],
  ['a link that it is not on', 'EINVAL', '', { isOfLink: true, live: true }, 'denied'],
  ['an address that is none', 'EINVAL', '', { live: true }, 'unknown'],
  ['a resolver that knows no such name', 'no-such-name', '', { isName: true }, 'open'],
  ['no resolver', 'ECONNREFUSED', '', { isName: true }, 'denied'],
  ['a resolver that is silent', 'ETIMEOUT', '', { isName: true }, 'unknown'],
  ['a probe that never ran', 'not-tried', '', { live: true }, 'unknown'],
  ['an errno nobody has thought of', 'ESTRANGE', '', { live: true }, 'unknown'],
];

for (const [what, code, answer, seen, expected] of table) {
  test(`${what} is ${expected}`, () => {
    const { state, evidence } = classify({ id: 0, code, answer }, { ...plain, ...seen });
    assert.equal(state, expected);
    assert.notEqual(evidence, '');
  });
}
