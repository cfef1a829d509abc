// Request lines of the Docker API as hostile clients write them: whatever passes is one of the
// profile's calls, written in the one form there is, and means the same when it is read again.

import assert from 'node:assert/strict';
import { requestTarget } from '../../policy/docker/request-line.ts';
import { callAttacks, otherContainerCalls } from '../../verify/attacks/docker/calls.ts';
import { ask, examplePolicy } from '../docker-policy.ts';
import type { FuzzTarget } from './run.ts';

const profiles = ['handshake', 'exec-only', 'sandbox', 'observe', 'tecnativa'] as const;
const policies = profiles.map((profile) =>
  examplePolicy(profile, { switches: { CONTAINERS: true, IMAGES: true, INFO: true } }),
);

const id = 'd'.repeat(64);
const lines = [
  'GET /_ping',
  'GET /v1.41/version',
  `GET /v1.41/containers/json?all=1&filters=${encodeURIComponent('{"label":{"a":true}}')}`,
  'GET /v1.50/images/registry.example/team/box:2/json',
  `POST /v1.41/exec/${id}/start`,
  'POST /v1.41/containers/create?name=openclaw-sbx-a',
  'DELETE /v1.41/containers/openclaw-sbx-a?force=1&v=0',
  'GET /containers/openclaw-sbx-a/logs?follow=1&stdout=1&tail=all',
  ...[...callAttacks('openclaw-sbx-a', 'other'), ...otherContainerCalls('other')].map(
    ({ method, target }) => `${method} ${target}`,
  ),
];

/** What a profile that neither switches nor rules made can send, said without its tables. */
const sendable = [
  /^(?:GET|HEAD) (?:\/v1\.\d\d)?\/_ping$/,
  /^GET (?:\/v1\.\d\d)?\/(?:version|info)$/,
  /^GET (?:\/v1\.\d\d)?\/(?:events|containers\/json|images\/json)(?:\?[\w=&%.~!*'()-]*)?$/,
  /^POST \/containers\/create(?:\?[\w=&%.~!*'()-]*)?$/,
  /^GET (?:\/v1\.\d\d)?\/images\/(?:[\w.:@+-]+\/)+json(?:\?[\w=&%.~!*'()-]*)?$/,
  /^(?:GET|POST) (?:\/v1\.\d\d)?\/exec\/d{64}\/(?:json|start|resize)(?:\?[\w=&%.~!*'()-]*)?$/,
  /^(?:GET|POST|DELETE) (?:\/v1\.\d\d)?\/containers\/d{64}(?:\/[a-z]+)?(?:\?[\w=&%.~!*'()-]*)?$/,
];

export const dockerTargetTarget: FuzzTarget = {
  name: 'docker-target',
  seeds: lines.map((line) => Buffer.from(line, 'latin1')),
  tokens: [
    '/',
    '..',
    '.',
    '%2f',
    '%2e',
    '%25',
    '?',
    '&',
    '=',
    '+',
    '//',
    '/v1.41',
    'containers',
    '\\',
  ].map((token) => Buffer.from(token)),
  weight: 2,
  check(input, below) {
    const [method = '', target = ''] = input.toString('latin1').split(' ', 2);
    const policy = policies[below(policies.length)] ?? assert.fail();
    const call = ask(policy, method, target);
    if (call.kind === 'refusal') return call.reason;
    const isPlain = call.reference === null || ['image', 'object'].includes(call.reference.kind);
    const sent = requestTarget(call, isPlain || !call.scoped ? null : id);
    if (call.scoped) {
      const line = `${call.method} ${sent}`;
      assert.ok(
        sendable.some((pattern) => pattern.test(line)),
        `${policy.profile} sends ${line}`,
      );
    }
    const again = ask(policy, call.method, sent);
    assert.ok(again.kind === 'call', `${sent} is not read again`);
    assert.equal(again.operation, call.operation);
    assert.doesNotMatch(sent.split('?')[0] ?? '', /\/\.{0,2}(?:\/|$)|%(?![0-9A-F]{2})|[\\;#\s]/);
    return call.operation;
  },
};
