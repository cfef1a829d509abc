// Which records a question is about, and how times are written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClincherError } from '../../kit/error.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
import { checkReason, matchesFilter, type RecordFilter, readSince } from './filter.ts';

const record: EgressRecord = {
  event: 'decision',
  role: 'egress',
  service: 'egress',
  time: '2026-11-22T14:00:00.000Z',
  requestId: 'r-1',
  caller: 'llm',
  verdict: 'deny',
  reason: 'host-not-allowed',
  rule: null,
  durationMs: 1,
  host: 'a.b.example.com',
  port: 443,
  end: 'tunnel-too-old',
};
const atMs = Date.parse(record.time);

const questions: readonly (readonly [string, RecordFilter, boolean])[] = [
  ['nothing asked', {}, true],
  ['its caller', { caller: 'llm' }, true],
  ['another caller', { caller: 'gateway' }, false],
  ['its host', { host: 'a.b.example.com' }, true],
  ['its host in capitals', { host: 'A.B.Example.com' }, true],
  ['a host below it', { host: 'x.a.b.example.com' }, false],
  ['one label more', { host: '*.b.example.com' }, true],
  ['one label more, and it has two', { host: '*.example.com' }, false],
  ['any depth', { host: '**.example.com' }, true],
  ['any depth below itself', { host: '**.a.b.example.com' }, false],
  ['the end of a label', { host: '**.xample.com' }, false],
  ['its verdict', { verdict: 'deny' }, true],
  ['another verdict', { verdict: 'report' }, false],
  ['its reason', { reason: 'host-not-allowed' }, true],
  ['another reason', { reason: 'not-tls' }, false],
  ['why its tunnel ended', { reason: 'tunnel-too-old' }, true],
  ['its id', { id: 'r-1' }, true],
  ['another id', { id: 'r-2' }, false],
  ['since then', { sinceMs: atMs }, true],
  ['since later', { sinceMs: atMs + 1 }, false],
  ['two things, one wrong', { caller: 'llm', verdict: 'allow' }, false],
];

for (const [what, filter, expected] of questions) {
  test(`asked for ${what}, the record is ${expected ? 'shown' : 'passed over'}`, () => {
    assert.equal(matchesFilter(record, filter), expected);
  });
}

test('a request that named no host is not to any host', () => {
  const { host: _, ...nameless } = record;
  assert.equal(matchesFilter(nameless, { host: '**.com' }), false);
});

test('a time is so long ago, or a time of its own', () => {
  const rows: readonly (readonly [string, number])[] = [
    ['90s', atMs - 90_000],
    ['10m', atMs - 600_000],
    ['2h', atMs - 7_200_000],
    ['7d', atMs - 604_800_000],
    ['2026-11-22T13:00:00Z', atMs - 3_600_000],
  ];
  for (const [text, expected] of rows) assert.equal(readSince(text, atMs), expected, text);
});

test('what is no time, or no reason, is refused with what would be one', () => {
  const refused = (work: () => unknown, says: RegExp) =>
    assert.throws(work, (error) => {
      assert.ok(error instanceof ClincherError && error.code === 'usage');
      assert.match(error.format(), says);
      return true;
    });
  for (const text of ['', 'yesterday', '10', '-5m', '5 m', '1w', '2026-13-99']) {
    refused(() => readSince(text, atMs), /90s, 10m/);
  }
  refused(() => checkReason('not-tsl'), /did you mean "not-tls"/);
  assert.equal(checkReason('not-tls'), 'not-tls');
});
