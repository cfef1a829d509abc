// The report's forms for others: JSON that reads back, JUnit, the page; and that none can be
// changed unseen, nor be made to say or do what a service has named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reported, signed } from '../testing/reports.ts';
import { judge, type Observation } from './judge.ts';
import { junitText } from './junit.ts';
import { pageOf, reportIn } from './page/page.ts';
import { readReport } from './report-schema.ts';
import { fingerprintOf, isAsSigned, makeReportKey, publicKeyOf, signReport } from './signature.ts';

const hostile = `</script><script>alert(1)</script>"'&<b onload=x>\u001b[2J`;
const base: Observation = {
  ...{ from: 'gateway', to: 'llm', via: 'unix', what: hostile, declared: null },
  ...{ observed: 'open', evidence: hostile, fix: hostile },
};
const attack = { class: 'hosts', property: 'No name is read in two ways.', wanted: '400 a' };
const rows = [
  judge(base),
  judge({ ...base, what: '/sock', observed: 'denied' }),
  judge({ ...base, ...{ via: 'attack', what: 'hosts: a dot', observed: 'denied', attack } }),
];

test('a report reads back from JSON as it was, and from its page', () => {
  const report = signed(rows);
  assert.deepEqual(readReport(JSON.stringify(report), 'x'), report);
  assert.deepEqual(reportIn(pageOf(report), 'x'), report);
});

test('what is no report is refused with the first thing that is wrong', () => {
  const report = signed(rows);
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['{', /it is not JSON/],
    [{ ...report, topologyHash: 'x' }, /topologyHash: /],
    [{ ...report, rows: [{ ...report.rows[0], observed: 'fine' }] }, /rows\.0\.observed: /],
    [{ ...report, more: 1 }, /Unrecognized key/],
  ];
  for (const [value, says] of cases) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assert.throws(() => readReport(text, 'r.json'), says);
  }
  assert.throws(() => reportIn('<html></html>', 'r.html'), /there is no report in it/);
});

test('a report is as signed until one thing in it is another', () => {
  const key = makeReportKey();
  const report = signReport(reported(rows), key);
  assert.equal(isAsSigned(report), true);
  assert.equal(isAsSigned({ ...report, exitCode: 0 }), false);
  assert.equal(isAsSigned({ ...report, rows: report.rows.slice(1) }), false);
  const other = signReport(report, makeReportKey()).signature;
  assert.equal(
    isAsSigned({ ...report, signature: { ...report.signature, value: other.value } }),
    false,
  );
  assert.equal(isAsSigned({ ...report, signature: { ...report.signature, publicKey: '' } }), false);
  assert.notEqual(fingerprintOf(other.publicKey), fingerprintOf(publicKeyOf(key)));
});

test('nothing that a service has named becomes markup, in the page or in JUnit', () => {
  for (const text of [pageOf(signed(rows)), junitText(signed(rows))]) {
    assert.ok(text.includes('&lt;b onload=x&gt;'));
    assert.ok(!text.includes('<b onload'));
    assert.ok(!text.includes('<script>alert'));
  }
});

test('the page runs and fetches nothing but what it is made of', () => {
  const page = pageOf(signed(rows));
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  assert.match(policy, /^default-src &#39;none&#39;; style-src &#39;sha256-/);
  assert.ok(!policy.includes('unsafe'));
  assert.ok(
    !/<[^>]*\s(?:style|on\w+)=|https?:\/\/(?!www\.w3\.org\/2000\/svg")/.test(withoutReport(page)),
  );
  assert.deepEqual(page.match(/<(?:script|style)[^>]*>/g), [
    '<style>',
    '<script type="application/json" id="report">',
    '<script>',
  ]);
});

test('the same report gives the same page', () => {
  const report = signed(rows);
  assert.equal(pageOf(report), pageOf(structuredClone(report)));
});

test('the page shows what differs, every row and where it was declared', () => {
  const page = withoutReport(pageOf(signed(rows)));
  assert.ok(page.includes('One thing is not as it was declared'));
  for (const { id } of reported(rows).rows) assert.ok(page.includes(`<tr id="r${id}"`));
  assert.ok(page.includes('clincher.yaml (default)'));
  assert.match(page, /hosts:\s+<span class="open">1 refused/);
  assert.match(page, /class="line bad"[^>]*><title>[^<]*nothing declares it/);
});

test('JUnit has a case for each row, and a failure for each difference', () => {
  const text = junitText(signed(rows));
  assert.match(text, /<testsuites name="clincher verify" tests="3" failures="1"/);
  assert.equal(text.match(/<testcase /g)?.length, 3);
  assert.match(text, /<failure message="closed by declaration, open in fact" type="open">/);
});

function withoutReport(page: string): string {
  return page.replace(/<script type="application\/json".*?<\/script>/s, '');
}
