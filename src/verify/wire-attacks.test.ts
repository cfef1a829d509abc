// What an answer says of an attack: only one refusal, for the declared reason, is a refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAnswer } from './wire-attacks.ts';

const wanted = { status: 403, reason: 'host-not-allowed' } as const;
const answer = (status: number, reason = '', more = {}) => ({
  ...{ id: 0, answers: 1, code: '' },
  text: `HTTP/1.1 ${status} X\r\n${reason === '' ? '' : `x-clincher-reason: ${reason}\r\n`}\r\n`,
  ...more,
});

const rows = [
  ['refused as declared', answer(403, 'host-not-allowed'), 'denied'],
  ['let through', answer(200), 'open'],
  ['let through and failed behind', answer(502, 'upstream-unreachable'), 'open'],
  ['looked up', answer(502, 'name-unresolvable'), 'open'],
  ['answered twice', answer(403, 'host-not-allowed', { answers: 2 }), 'open'],
  ['refused for another reason', answer(403, 'host-denied'), 'unknown'],
  ['refused with another status', answer(400, 'host-not-allowed'), 'unknown'],
  ['refused without a reason', answer(403), 'unknown'],
  ['hung up on', { id: 0, text: '', answers: 0, code: '' }, 'unknown'],
  ['not answered in time', { id: 0, text: '', answers: 0, code: 'timeout' }, 'unknown'],
  ['answered in another protocol', answer(0, '', { text: 'SSH-2.0-x\r\n' }), 'unknown'],
  ['not fired', undefined, 'unknown'],
] as const;

for (const [name, heard, observed] of rows) {
  test(`an attack that was ${name} is ${observed}`, () => {
    assert.equal(judgeAnswer(wanted, heard).observed, observed);
  });
}
