// What an error message quotes of a service's log.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spokenLine } from './spoken-line.ts';

const rows: readonly [line: string, spoken: string][] = [
  ['{"event":"agent","stream":"stderr","line":"no such folder"}', 'no such folder'],
  ['{"event":"start-failed","message":"It ended.","fix":"See above."}', 'It ended. See above.'],
  ['{"event":"serving","service":"llm"}', 'serving'],
  ['{"line":"\\u001b[2Ja\\nb"}', '\\x1b[2Ja\\x0ab'],
  ['{"line":7}', '{"line":7}'],
  ['Error: broken', 'Error: broken'],
  ['{ cut off', '{ cut off'],
  ['', ''],
];

for (const [line, spoken] of rows) {
  test(`${line || 'an empty line'} is told as: ${spoken || 'nothing'}`, () => {
    assert.equal(spokenLine(line), spoken);
  });
}
