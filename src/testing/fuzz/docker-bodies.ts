// Bodies of creates and execs, as mutations of valid ones: whatever passes is a sandbox of the
// template, as a checker finds that knows nothing of how it was made.

import assert from 'node:assert/strict';
import { execBody } from '../docker-attacks/base-bodies.ts';
import { execAttacks } from '../docker-attacks/execs.ts';
import { examplePolicy, sandboxImage, send } from '../docker-policy.ts';
import { execFaults, sandboxFaults } from '../docker-sandbox-check.ts';
import { bodyTokens, createBodies } from './docker-create-bodies.ts';
import type { FuzzTarget } from './run.ts';

const policy = examplePolicy('sandbox');
const template = policy.template ?? assert.fail();
const bodies = createBodies({
  image: sandboxImage,
  source: '/home/node/work',
  target: '/workspace',
});

export const dockerCreateTarget: FuzzTarget = {
  name: 'docker-create',
  seeds: bodies.seeds,
  tokens: bodyTokens,
  weight: 2,
  check(input, below) {
    const text = bodies.changed(input.toString(), below);
    const verdict = send(policy, 'create', text);
    if (verdict.kind === 'refusal') return verdict.reason;
    const sent: unknown = JSON.parse(verdict.bytes.toString());
    assert.deepEqual(sandboxFaults(sent, template, 'clincher/gateway'), [], text);
    return 'a sandbox';
  },
};

export const dockerExecTarget: FuzzTarget = {
  name: 'docker-exec',
  seeds: [execBody(), ...execAttacks.map(({ body, text }) => text ?? body)].map((body) =>
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ),
  tokens: [
    ...bodyTokens,
    ...['"User":"root"', '"LD_PRELOAD=x"', 'true'].map((token) => Buffer.from(token)),
  ],
  weight: 1,
  check(input) {
    const verdict = send(policy, 'exec-create', input.toString());
    if (verdict.kind === 'refusal') return verdict.reason;
    const sent: unknown = JSON.parse(verdict.bytes.toString());
    assert.deepEqual(execFaults(sent, template), [], input.toString());
    return 'an exec';
  },
};
