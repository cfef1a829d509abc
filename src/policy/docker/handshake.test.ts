// The profile that only says hello: one row per known way to have more of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ask as askWith, examplePolicy } from '../../testing/docker-policy.ts';
import { judgeCall } from './judge-call.ts';
import { requestTarget } from './request-line.ts';

const policy = examplePolicy('handshake');
const ask = (method: string, target: string, rawHeaders: readonly string[] = []) =>
  askWith(policy, method, target, rawHeaders);

test('the handshake passes, with and without a version', () => {
  for (const [method, target] of [
    ['HEAD', '/_ping'],
    ['GET', '/_ping'],
    ['GET', '/version'],
    ['GET', '/v1.24/version'],
    ['HEAD', '/v1.47/_ping'],
  ] as const) {
    const verdict = ask(method, target, ['Host', 'docker', 'Content-Length', '0']);
    assert.ok(verdict.kind === 'call', `${method} ${target}`);
    assert.deepEqual([verdict.method, requestTarget(verdict, null)], [method, target]);
  }
});

const denied: readonly (readonly [
  trick: string,
  method: string,
  target: string,
  reason: string,
])[] = [
  ['listing', 'GET', '/containers/json', 'docker-call-denied'],
  ['creating', 'POST', '/v1.47/containers/create', 'docker-call-denied'],
  ['running', 'POST', '/exec/abc/start', 'docker-call-denied'],
  ['building', 'POST', '/build', 'docker-call-denied'],
  ['reading files', 'GET', '/containers/a/archive', 'docker-call-denied'],
  ['info, with its registry credentials', 'GET', '/info', 'docker-call-denied'],
  ['a session', 'POST', '/session', 'docker-call-denied'],
  ['writing the ping', 'POST', '/_ping', 'docker-call-denied'],
  ['a method in lower case', 'get', '/version', 'docker-call-denied'],
  ['HEAD of the version', 'HEAD', '/version', 'docker-call-denied'],
  ['another case', 'GET', '/Version', 'docker-call-denied'],
  ['a name of every object', 'GET', '/constructor', 'docker-call-denied'],
  ['below the ping', 'GET', '/_ping/x', 'docker-call-denied'],
  ['two versions', 'GET', '/v1.47/v1.47/version', 'docker-call-denied'],
  ['a version of zero', 'GET', '/v0.1/version', 'docker-call-denied'],
  ['a long version', 'GET', '/v1.47000/version', 'docker-call-denied'],
  ['a trailing slash', 'GET', '/version/', 'docker-path-unclear'],
  ['a double slash', 'GET', '//version', 'docker-path-unclear'],
  ['a double slash behind the version', 'GET', '/v1.47//version', 'docker-path-unclear'],
  ['a dot segment', 'GET', '/_ping/../containers/json', 'docker-path-unclear'],
  ['a single dot', 'GET', '/./version', 'docker-path-unclear'],
  ['an encoded slash', 'GET', '/_ping%2f..%2fcontainers%2fjson', 'docker-path-unclear'],
  ['an encoded letter', 'GET', '/%76ersion', 'docker-path-unclear'],
  ['an encoding of an encoding', 'GET', '/%2576ersion', 'docker-path-unclear'],
  ['a backslash', 'GET', '/_ping\\..\\info', 'docker-path-unclear'],
  ['a query', 'GET', '/_ping?x=/containers/json', 'docker-query-unclear'],
  ['an empty query', 'GET', '/version?', 'docker-query-unclear'],
  ['a fragment', 'GET', '/_ping#/containers', 'docker-path-unclear'],
  ['a parameter', 'GET', '/_ping;x=1', 'docker-path-unclear'],
  ['an absolute form', 'GET', 'http://docker/version', 'docker-path-unclear'],
  ['an authority', 'GET', 'docker:2375', 'docker-path-unclear'],
  ['the asterisk', 'OPTIONS', '*', 'docker-path-unclear'],
  ['nothing', 'GET', '', 'docker-path-unclear'],
  ['a line feed', 'GET', '/version\n', 'docker-path-unclear'],
  ['a letter like another', 'GET', '/ver\u017fion', 'docker-path-unclear'],
];

for (const [trick, method, target, reason] of denied) {
  test(`the handshake denies ${trick}`, () => {
    const verdict = ask(method, target);
    assert.equal(verdict.kind === 'refusal' ? verdict.reason : verdict.kind, reason);
  });
}

test('bodies and upgrades are denied also where the path is allowed', () => {
  const old = { method: 'GET', target: '/version', httpVersion: '1.0', rawHeaders: [] };
  const reasons = [
    ask('GET', '/_ping', ['Content-Length', '1']),
    ask('GET', '/_ping', ['Content-Length', '0', 'content-length', '5']),
    ask('GET', '/_ping', ['Transfer-Encoding', 'chunked']),
    ask('GET', '/version', ['Upgrade', 'tcp', 'Connection', 'Upgrade']),
    judgeCall(policy, old),
  ].map((verdict) => (verdict.kind === 'refusal' ? verdict.reason : verdict.kind));
  assert.deepEqual(reasons, [
    'docker-body-refused',
    'docker-body-refused',
    'docker-body-refused',
    'docker-upgrade-refused',
    'request-malformed',
  ]);
});

test('whatever is asked, what passes is one of the few calls there are', () => {
  const piece = fc.constantFrom(
    '/',
    '_ping',
    'version',
    'v1.47',
    '..',
    '.',
    '%2f',
    '?',
    'json',
    '\\',
    ' ',
  );
  const target = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'), target, (method, path) => {
      const call = ask(method, path);
      if (call.kind === 'refusal') return;
      assert.match(
        `${call.method} ${requestTarget(call, null)}`,
        /^(GET|HEAD) (\/v\d+\.\d+)?\/_ping$|^GET (\/v\d+\.\d+)?\/version$/,
      );
    }),
    { numRuns: 2_000 },
  );
});
