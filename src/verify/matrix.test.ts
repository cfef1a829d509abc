// The report as a person reads it, word for word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Observation } from './judge.ts';
import { reportLines } from './matrix.ts';
import { reportOf } from './report.ts';

const at = { file: 'clincher.yaml', line: 4, column: 2 };
const base: Observation = {
  ...{ from: 'gateway', to: 'llm', via: 'unix', what: '/sock', declared: null },
  ...{ observed: 'absent', evidence: 'ENOENT', fix: 'Restart llm.' },
};
const edge = { by: 'gateway--llm.api', at };

test('a green report is a matrix and one sentence', () => {
  const rows = [
    judge({ ...base, declared: edge, observed: 'open', evidence: 'connected' }),
    judge({ ...base, from: 'llm', to: 'gateway' }),
    judge({ ...base, from: 'llm', to: 'secret agent-key', via: 'secret', observed: 'denied' }),
  ];
  assert.deepEqual(reportLines(reportOf(rows, ['gateway', 'llm'], 1_234), false), [
    'from \\ to  gateway  llm  secrets',
    'people',
    'gateway              ●',
    'llm           ·             ·',
    '',
    '  ● open as declared   · tried, closed   ○ open, comes with network outside   ✖ differs',
    '',
    'What runs is what was declared: 3 things tried in 1.2 s, no difference.',
  ]);
});

test('a difference comes first: what, where it was declared, what was seen, what to do', () => {
  const row = judge({ ...base, declared: edge, observed: 'down', evidence: 'ECONNREFUSED' });
  const lines = reportLines(reportOf([row], ['gateway', 'llm'], 900), false);
  assert.deepEqual(lines.slice(0, 5), [
    '1 difference:',
    '  ✖ gateway -> llm, unix /sock',
    '      declared open by gateway--llm.api (clincher.yaml:4:2); observed down (ECONNREFUSED)',
    '      Restart llm.',
    '',
  ]);
  assert.equal(
    lines.at(-1),
    'What runs is not what was declared: 1 thing tried in 0.9 s, 1 differs.',
  );
});

test('what comes with the network outside is said in words, with what contains it', () => {
  const row = judge({
    ...base,
    ...{ from: 'egress', to: 'internet', observed: 'open', comesWithOutside: true },
  });
  const text = reportLines(reportOf([row], ['egress'], 1), false).join('\n');
  assert.match(text, /egress shares the host's network, because it is declared as the way out/);
  assert.match(text, /egress\s+○/);
});

test('colour is asked for, never assumed', () => {
  const row = judge({ ...base, observed: 'open' });
  const report = reportOf([row], ['gateway', 'llm'], 1);
  assert.ok(reportLines(report, true).join('').includes('\u001b['));
  assert.ok(!reportLines(report, false).join('').includes('\u001b['));
});
