// The report as a person reads it, word for word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reported } from '../testing/reports.ts';
import { judge, type Observation } from './judge.ts';
import { reportLines } from './matrix.ts';
import type { State } from './model.ts';

const at = { file: 'clincher.yaml', line: 4, column: 2 };
const base: Observation = {
  ...{ from: 'gateway', to: 'llm', via: 'unix', what: '/sock', declared: null },
  ...{ observed: 'absent', evidence: 'ENOENT', fix: 'Restart llm.' },
};
const edge = { by: 'gateway--llm.api', at };

const plain = { colour: false, columns: 100 };

const green = [
  judge({ ...base, declared: edge, observed: 'open', evidence: 'connected' }),
  judge({ ...base, from: 'llm', to: 'gateway' }),
  judge({ ...base, from: 'llm', to: 'secret agent-key', via: 'secret', observed: 'denied' }),
];

test('a green report is a matrix and one sentence', () => {
  assert.deepEqual(reportLines(reported(green, { durationMs: 1_234 }), plain), [
    'from \\ to  gateway  llm  secrets',
    'people',
    'gateway              ●',
    'llm           –             ·',
    '',
    '  ● open, as declared   · no way there   – nothing there to try',
    '',
    'What runs is what was declared: 3 things tried in 1.2 s, no difference.',
  ]);
});

test('a matrix that is wider than the terminal goes on below, and so does its legend', () => {
  const lines = reportLines(reported(green), { colour: false, columns: 26 });
  assert.deepEqual(lines.slice(0, 13), [
    'from \\ to  gateway  llm',
    'people',
    'gateway              ●',
    'llm           –',
    '',
    'from \\ to  secrets',
    'people',
    'gateway',
    'llm           ·',
    '',
    '  ● open, as declared',
    '  · no way there',
    '  – nothing there to try',
  ]);
  assert.deepEqual(
    lines.slice(0, 13).filter((line) => line.length > 26),
    [],
  );
});

test('the worst of a cell is what shows, and each state has a mark of its own', () => {
  const to = (name: string, observed: State, change: Partial<Observation> = {}) =>
    judge({ ...base, to: name, what: observed, observed, ...change });
  const rows = [
    ...[to('a', 'denied'), to('a', 'open', { declared: edge }), to('a', 'unknown')],
    ...[to('b', 'absent'), to('b', 'denied', { via: 'http', deniedBy: 'egress' })],
    ...[to('c', 'down', { comesWithOutside: true }), to('d', 'open')],
  ];
  const lines = reportLines(reported(rows, { services: ['gateway'] }), plain);
  assert.equal(
    lines.find((line) => line.startsWith('gateway ')),
    'gateway             ?  ⊘  ○  ✖',
  );
});

test('who refused is named, with the reasons and how often', () => {
  const refused = (what: string, evidence: string) =>
    judge({ ...base, ...{ via: 'http', what, evidence, observed: 'denied', deniedBy: 'egress' } });
  const rows = [refused('a', '403 x'), refused('b', '403 x'), refused('c', '407 y')];
  const lines = reportLines(reported(rows), plain);
  assert.ok(lines.includes('  egress refused 3: 403 x (2), 407 y (1)'), lines.join('\n'));
});

test('what was refused alike is counted together, whatever else was seen', () => {
  const told = ['402 spent; 10 of 40 calls', '402 spent; 1 of 5 calls'].map((evidence) =>
    judge({
      ...base,
      via: 'attack',
      what: evidence,
      evidence,
      observed: 'denied',
      deniedBy: 'llm',
    }),
  );
  const lines = reportLines(reported(told), plain);
  assert.ok(lines.includes('  llm refused 2: 402 spent (2)'), lines.join('\n'));
});

test('a difference comes first: what, where it was declared, what was seen, what to do', () => {
  const row = judge({ ...base, declared: edge, observed: 'down', evidence: 'ECONNREFUSED' });
  const lines = reportLines(reported([row], { durationMs: 900 }), plain);
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

test('what nothing declares is closed by the line of who would ask', () => {
  const row = judge({ ...base, from: 'docker-proxy', observed: 'open' });
  const lines = reportLines(reported([row]), plain);
  assert.equal(lines[2], '      declared closed (clincher.yaml:6:5); observed open (ENOENT)');
});

test('what comes with the network outside is said in words, with what contains it', () => {
  const row = judge({
    ...base,
    ...{ from: 'egress', to: 'internet', observed: 'open', comesWithOutside: true },
  });
  const text = reportLines(reported([row], { services: ['egress'] }), plain).join('\n');
  assert.match(text, /egress shares the host's network, because it is declared as the way out/);
  assert.match(text, /egress\s+○/);
});

test('colour is asked for, never assumed', () => {
  const row = judge({ ...base, observed: 'open' });
  const report = reported([row]);
  assert.ok(
    reportLines(report, { ...plain, colour: true })
      .join('')
      .includes('\u001b['),
  );
  assert.ok(!reportLines(report, plain).join('').includes('\u001b['));
});
