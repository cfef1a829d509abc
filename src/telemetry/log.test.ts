// A line of the log is one line of plain text whatever others wrote into it, and the same value
// when it is read back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

test('what a stranger wrote drives no terminal from a line of the log', () => {
  const lines: string[] = [];
  const log = createLog(
    { role: 'egress' },
    (line) => void lines.push(line),
    () => 0,
  );
  const sni = 'evil\u009b2J\u009d0;mine\u009c\u007f\u202e\u2028\n.example';
  log.info('decision', { sni });
  const [line = ''] = lines;
  assert.doesNotMatch(line, /[\p{Cc}\u2028-\u202e]/u);
  assert.equal(JSON.parse(line).sni, sni);
});
