// What dockerode writes beside what it means: taken, and not passed on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callWith, examplePolicy, send } from '../../testing/docker-policy.ts';
import { judgeBody } from './judge-body.ts';

test('options of dockerode in the start of an exec are left out, and no others', () => {
  const policy = examplePolicy('exec-only');
  const verdict = send(policy, 'exec-start', { hijack: true, stdin: true, Tty: true });
  assert.ok(verdict.kind === 'body');
  assert.deepEqual(JSON.parse(verdict.bytes.toString()), { Tty: true });
  assert.equal(send(policy, 'exec-start', { hijacked: true }).kind, 'refusal');
});

const query = [['t', '1']] as const;
const bodies: readonly (readonly [string, 'body' | 'refusal'])[] = [
  ['', 'body'],
  ['{}', 'body'],
  ['{"t":1}', 'body'],
  ['{"t":1,"signal":"KILL"}', 'refusal'],
  ['{"T":1}', 'refusal'],
  ['{"t":1,"t":2}', 'refusal'],
  ['["t"]', 'refusal'],
  ['"t"', 'refusal'],
  ['{"t":1}GET /info HTTP/1.1', 'refusal'],
];
for (const [body, kind] of bodies) {
  test(`where a call has no body and its query says t, ${body || 'nothing'} is ${kind}`, () => {
    const call = { ...callWith('none', 'ContainerStop'), query };
    const verdict = judgeBody(examplePolicy('sandbox'), call, Buffer.from(body));
    assert.equal(verdict.kind, kind);
    if (verdict.kind === 'body') assert.equal(verdict.bytes.length, 0);
  });
}
