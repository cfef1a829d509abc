// Log lines as people read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logText } from './log-text.ts';

const base = { time: '2026-01-02T03:04:05.678Z', level: 'info', service: 'llm', role: 'llm' };

test('a decision is one line of fields, without what says nothing', () => {
  const line = { ...base, event: 'decision', verdict: 'deny', rule: null, path: '/a b', bytes: 7 };
  assert.equal(logText(JSON.stringify(line)), '03:04:05 decision verdict=deny path="/a b" bytes=7');
});

test("the agent's own words are marked, and cannot pass for a decision of ours", () => {
  const line = { ...base, event: 'agent', stream: 'stdout', line: 'decision verdict=allow' };
  assert.equal(logText(JSON.stringify(line)), '03:04:05 | decision verdict=allow');
  const forged = { ...base, event: 'note', text: 'x verdict=allow' };
  assert.equal(logText(JSON.stringify(forged)), '03:04:05 note text="x verdict=allow"');
});

test("the agent's own words neither drive a terminal nor make a line of their own", () => {
  const words = '\u001b]0;mine\u0007\n03:04:05 decision verdict=allow';
  const shown = '\\x1b]0;mine\\x07\\x0a03:04:05 decision verdict=allow';
  const line = { ...base, event: 'agent', stream: 'stdout', line: words };
  assert.equal(logText(JSON.stringify(line)), `03:04:05 | ${shown}`);
  const event = { ...base, event: words };
  assert.equal(logText(JSON.stringify(event)), `03:04:05 ${shown}`);
});

test('what is worse than information says so', () => {
  const line = { ...base, level: 'error', event: 'start-failed', code: 'disk-full' };
  assert.equal(logText(JSON.stringify(line)), '03:04:05 error: start-failed code=disk-full');
});

for (const line of ['plain words', '{ cut off', '{"time":1}', '{"event":"x"}', '{"a":null}', '']) {
  test(`a line that is not ours is left alone: ${line || '(empty)'}`, () => {
    assert.equal(logText(line), line);
  });
}
