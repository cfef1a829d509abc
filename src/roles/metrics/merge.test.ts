// Many services' metrics as one, and what a hostile one among them may not do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposition } from '../../policy/exposition.ts';
import { hostService, mergeExpositions, seriesMax } from './merge.ts';

test('the same family of two services is said once, each sample with its service', () => {
  const text = '# HELP hits Requests.\n# TYPE hits counter\nhits{role="llm"} 1\n';
  const merged = mergeExpositions([
    { service: 'a', text },
    { service: 'b', text: text.replace('1', '2') },
    { service: 'c', text: null },
  ]);
  assert.equal(
    merged.text,
    '# HELP hits Requests.\n# TYPE hits counter\nhits{service="a",role="llm"} 1\nhits{service="b",role="llm"} 2\n',
  );
});

test('labels that could tell who or what are dropped, and what falls together is added up', () => {
  const text =
    '# TYPE spend counter\nspend{key="alice",model="m"} 1.5\nspend{key="bob",model="m"} 2\n';
  const merged = mergeExpositions([{ service: 'llm', text }]);
  assert.match(merged.text, /^spend\{service="llm",model="m"\} 3\.5$/m);
  assert.doesNotMatch(merged.text, /alice|bob|key/);
});

test('under LiteLLM’s names, too, a model and a status leave, and nobody’s name does', () => {
  const labels =
    'api_key_alias="alice",hashed_api_key="None",requested_model="m",status_code="200"';
  const text = `litellm_proxy_total_requests_metric_total{${labels},client_ip="None"} 1\n`;
  const merged = mergeExpositions([{ service: 'llm', text }]);
  const left = /^litellm_\w+\{service="llm",requested_model="m",status_code="200"\} 1$/m;
  assert.match(merged.text, left);
});

test('a service cannot take a metric from those that were read before it', () => {
  const spent = '# TYPE clincher_llm_spend_usd_total counter\nclincher_llm_spend_usd_total 3\n';
  const lies = ['gauge', 'histogram', 'summary', 'untyped'].map((type) => ({
    service: 'gateway',
    text: `${spent.replace('counter', type)}clincher_llm_spend_usd_total_count 1\n`,
  }));
  for (const lie of lies) {
    const { text } = mergeExpositions([{ service: 'llm', text: spent }, lie]);
    assert.match(text, /^clincher_llm_spend_usd_total\{service="llm"\} 3$/m);
    assert.doesNotMatch(text, /^clincher_llm_spend_usd_total\{service="gateway"\}/m);
  }
});

test('a service cannot speak for another, for the collector, or in sentences', () => {
  const text = [
    'hits{service="egress",reason="the prompt was: hello"} 1',
    'clincher_up{service="llm"} 1',
    '# HELP odd sk-ant-"quoted" <b>',
    'odd 1',
  ].join('\n');
  const merged = mergeExpositions([{ service: 'gateway', text }]);
  assert.match(merged.text, /^hits\{service="gateway",reason="other"\} 1$/m);
  assert.doesNotMatch(merged.text, /egress|clincher_up|prompt|quoted"|<b>/);
  assert.equal(merged.refusedLines.get('gateway'), 1);
});

test('a service that gives a family another type than an earlier one is left out of it', () => {
  const merged = mergeExpositions([
    { service: 'a', text: '# TYPE x counter\nx 1\n' },
    { service: 'b', text: '# TYPE x gauge\nx 2\n' },
    { service: 'c', text: '# TYPE y histogram\ny_bucket{le="+Inf"} 1\ny_sum 1\ny_count 1\n' },
    { service: 'd', text: 'y_count 7\n' },
  ]);
  assert.doesNotMatch(merged.text, /service="[bd]"/);
  assert.equal(merged.refusedLines.get('b'), 1);
  assert.equal(merged.refusedLines.get('d'), 1);
});

test('infinity and not-a-number survive being added up', () => {
  const text = '# TYPE g gauge\ng{key="a"} +Inf\ng{key="b"} 1\n# TYPE n gauge\nn NaN\n';
  const merged = mergeExpositions([{ service: 'a', text }]);
  assert.match(merged.text, /^g\{service="a"\} \+Inf$/m);
  assert.match(merged.text, /^n\{service="a"\} NaN$/m);
});

const name = fc.constantFrom(
  'hits',
  'wait',
  'wait_sum',
  'wait_bucket',
  'wait_count',
  'clincher_up',
  'up',
);
const label = fc.constantFrom(
  'key',
  'user',
  'service',
  'reason',
  'le',
  'quantile',
  'job',
  '__name__',
);
const value = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('1', '+Inf', 'NaN', '-1e9'));
const line = fc.oneof(
  fc
    .tuple(name, fc.constantFrom('counter', 'gauge', 'histogram', 'summary', 'x'))
    .map(([n, t]) => `# TYPE ${n} ${t}`),
  fc.tuple(name, fc.string()).map(([n, help]) => `# HELP ${n} ${help}`),
  fc
    .tuple(name, fc.array(fc.tuple(label, fc.string({ maxLength: 8 })), { maxLength: 3 }), value)
    .map(([n, labels, v]) => `${n}{${labels.map(([l, text]) => `${l}="${text}"`).join(',')}} ${v}`),
  fc.string({ unit: 'binary' }),
);
const hostile = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'));

test('whatever services write, the sum is clean: it parses, no series twice, no label beyond the list', () => {
  const allowed = /^(service|reason|le|quantile)$/;
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 4 }), (texts) => {
      const scraped = texts.map((text, index) => ({ service: `s${index}`, text }));
      const { text } = mergeExpositions(scraped);
      const parsed = parseExposition(text, 1e6);
      assert.equal(parsed.refusedLines, 0, text);
      const series = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
      const keys = series.map((row) => row.slice(0, row.lastIndexOf(' ')));
      assert.equal(new Set(keys).size, keys.length);
      for (const family of parsed.families) {
        assert.ok(!family.name.startsWith('clincher_up'));
        assert.equal(text.split(`# TYPE ${family.name} `).length, 2, 'a family is said once');
        for (const sample of family.samples) {
          assert.match(sample.labels.get('service') ?? '', /^s[0-9]$/);
          for (const key of sample.labels.keys()) assert.match(key, allowed);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('what the host notes is believed of the host alone, and of it nothing else', () => {
  const noted = 'clincher_isolation_differences 3\n';
  const merged = mergeExpositions([
    { service: hostService, text: `${noted}hits 1\n` },
    {
      service: 'gateway',
      text: 'clincher_isolation_differences 0\nclincher_backup_time_seconds 9\n',
    },
  ]);
  assert.equal(
    merged.text.match(/^[^#].*$/gm)?.join(),
    'clincher_isolation_differences{service="host"} 3',
  );
  assert.deepEqual(
    [...merged.refusedLines.entries()],
    [
      ['host', 1],
      ['gateway', 2],
    ],
  );
});

test('all together give no more series than Prometheus takes at once', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => `hits{model="m${index}"} 1`).join('\n');
  const services = Array.from({ length: 10 }, (_, index) => ({ service: `s${index}`, text: many }));
  const merged = mergeExpositions([...services, { service: 'late', text: 'hits 1\n' }]);
  assert.equal(merged.text.match(/^hits/gm)?.length, seriesMax);
  assert.equal(merged.refusedLines.get('s9'), 2_000);
  assert.equal(merged.refusedLines.get('late'), 1);
});
