// The ingress's decisions that need no wire: routes by prefix, and any request whatever.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeIngress, type WorldRequest } from './ingress.ts';
import { reasons } from './reasons.ts';

const policy = {
  origin: 'https://agent.example',
  bodyBytesMax: 1_000,
  routes: [{ prefix: '/' }, { prefix: '/metrics' }, { prefix: '/api/' }],
};
const request: WorldRequest = {
  method: 'GET',
  target: '/',
  httpVersion: '1.1',
  rawHeaders: ['Host', 'agent.example'],
  upgrade: false,
};

const routed: readonly (readonly [target: string, prefix: string])[] = [
  ['/', '/'],
  ['/?to=/metrics', '/'],
  ['/metrics', '/metrics'],
  ['/metrics?x', '/metrics'],
  ['/metrics/x', '/metrics'],
  ['/metricsx', '/'],
  ['/Metrics', '/'],
  ['/x/metrics', '/'],
  ['/api', '/'],
  ['/api/', '/api/'],
  ['/api/x', '/api/'],
];

test('the longest prefix of whole segments wins', () => {
  for (const [target, prefix] of routed) {
    assert.equal(judgeIngress({ ...request, target }, policy).route?.prefix, prefix, target);
  }
});

test('a path without a route is unknown', () => {
  const verdict = judgeIngress(request, { ...policy, routes: [{ prefix: '/metrics' }] });
  assert.deepEqual([verdict.status, verdict.decision.reason], [404, 'path-unknown']);
});

/** A parser refuses most of these before; where one does not, they end here. */
const framings: readonly (readonly [lines: readonly string[], status: number, reason: string])[] = [
  [['Content-Length', '5'], 200, 'allowed'],
  [['Transfer-Encoding', 'chunked'], 200, 'allowed'],
  [['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 400, 'request-malformed'],
  [['Content-Length', '5', 'content-length', '5'], 400, 'request-malformed'],
  [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 400, 'request-malformed'],
  [['Transfer-Encoding', 'gzip, chunked'], 400, 'request-malformed'],
  [['Content-Length', '+5'], 400, 'request-malformed'],
  [['Content-Length', '0x5'], 400, 'request-malformed'],
  [['Content-Length', '5, 5'], 400, 'request-malformed'],
  [['Content-Length', ''], 400, 'request-malformed'],
  [['Content-Length', '1'.repeat(16)], 400, 'request-malformed'],
  [['Content-Length', '1001'], 413, 'limit-body'],
];

test('a body has one length, plainly written, within the limit', () => {
  for (const [lines, status, reason] of framings) {
    const rawHeaders = ['Host', 'agent.example', 'Origin', policy.origin, ...lines];
    const verdict = judgeIngress({ ...request, method: 'POST', rawHeaders }, policy);
    assert.deepEqual([verdict.status, verdict.decision.reason], [status, reason], lines.join(' '));
  }
});

test('the host may be written in any case, and with the default port', () => {
  const hosts = [
    'agent.example',
    'AGENT.example',
    'agent.example:443',
    'agent.example:8443',
    'x.agent.example',
  ];
  const statuses = hosts.map(
    (host) => judgeIngress({ ...request, rawHeaders: ['host', host] }, policy).status,
  );
  assert.deepEqual(statuses, [200, 200, 200, 421, 421]);
});

test('whatever comes, the answer is a decision; what is allowed has our host and a plain path', () => {
  const header = fc.constantFrom(
    'Host',
    'Origin',
    'Content-Length',
    'Transfer-Encoding',
    'Upgrade',
  );
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('agent.example', '0', 'chunked', 'websocket'),
  );
  const any = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'TRACE'), fc.string()),
    target: fc.oneof(fc.string(), fc.webPath(), fc.constantFrom('/', '/..', '//', '*', '/%2e%2e/')),
    httpVersion: fc.constantFrom('1.1', '1.0', '2.0'),
    rawHeaders: fc.array(fc.tuple(header, value), { maxLength: 4 }).map((pairs) => pairs.flat()),
    upgrade: fc.boolean(),
  });
  fc.assert(
    fc.property(any, (asked) => {
      const verdict = judgeIngress(asked, policy);
      assert.ok(verdict.decision.reason in reasons);
      assert.equal(verdict.route === null, verdict.decision.verdict === 'deny');
      if (verdict.route === null) return;
      assert.match(asked.target, /^\/(?!\/)[\x21-\x7e]*$/);
      assert.equal(asked.rawHeaders.filter((text) => text === 'Host').length, 1);
      assert.doesNotMatch(asked.target.split('?')[0] ?? '', /(^|\/)\.\.?(\/|$)/);
    }),
    { numRuns: 2_000 },
  );
});
