// What the stack says of what it was told: a word on the page of metrics or in a line that nobody
// wrote is a leak, one in a field of a line is not, and what could not be read proves nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '../drivers/driver.ts';
import { judgeTold } from './told-attacks.ts';

const word = 'told01x0x0x';
const heard = { text: 'HTTP/1.1 403 Forbidden\r\n\r\n', code: '' };
const page = 'clincher_up{service="egress"} 1\n';
const line = (text: string, service = 'egress'): readonly LogLine[] => [{ service, text }];
const own = (members: object) =>
  line(
    JSON.stringify({ time: 't', level: 'info', service: 'egress', event: 'decision', ...members }),
  );

const rows: readonly (readonly [
  name: string,
  told: Partial<{
    heard: typeof heard | undefined;
    page: string | null;
    lines: readonly LogLine[] | null;
  }>,
  observed: string,
])[] = [
  ['that is nowhere', {}, 'denied'],
  ['that is in a field of a line', { lines: own({ host: `${word}.invalid` }) }, 'denied'],
  ['that is a label', { page: `${page}x{caller="${word}"} 1\n` }, 'open'],
  ['that is the name of a metric', { page: `${page}${word}_total 1\n` }, 'open'],
  ['that is a line of its own', { lines: line(`{"event":"${word}"}`) }, 'open'],
  ['that is the end of a line', { lines: line(`${word}"}`) }, 'open'],
  ['that is an event', { lines: own({ event: word.toUpperCase() }) }, 'open'],
  ['that is a level', { lines: own({ level: word }) }, 'open'],
  ['that is the name of a field', { lines: own({ [word]: 1 }) }, 'open'],
  ["that is a line of another's", { lines: own({ service: 'llm', host: word }) }, 'open'],
  ['that was never said', { heard: undefined }, 'unknown'],
  ['that nobody took', { heard: { text: '', code: 'ECONNREFUSED' } }, 'unknown'],
  ['beside a page that could not be read', { page: null }, 'unknown'],
  ['beside logs that could not be read', { lines: null }, 'unknown'],
];

for (const [name, told, observed] of rows) {
  test(`a word ${name} is ${observed}`, () => {
    const all = { heard, page, lines: [], ...told };
    assert.equal(judgeTold(word, all.heard, all.page, all.lines).observed, observed);
  });
}
