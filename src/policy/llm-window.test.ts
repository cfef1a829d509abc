// Where budget windows begin, in UTC, at the edges that calendars have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BudgetWindow, windowStart } from './llm-window.ts';

const rows: readonly [window: BudgetWindow, at: string, start: string][] = [
  ['hour', '2026-03-29T01:59:59.999Z', '2026-03-29T01:00:00.000Z'],
  ['day', '2026-10-25T23:59:59.999Z', '2026-10-25T00:00:00.000Z'],
  ['day', '2026-10-26T00:00:00.000Z', '2026-10-26T00:00:00.000Z'],
  // A Sunday belongs to the week before, a Monday begins one.
  ['week', '2026-11-22T12:00:00.000Z', '2026-11-16T00:00:00.000Z'],
  ['week', '2026-11-23T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
  ['week', '2027-01-01T00:00:00.000Z', '2026-12-28T00:00:00.000Z'],
  ['month', '2028-02-29T23:00:00.000Z', '2028-02-01T00:00:00.000Z'],
  ['total', '2026-11-22T12:00:00.000Z', '1970-01-01T00:00:00.000Z'],
];

for (const [window, at, start] of rows) {
  test(`the ${window} that holds ${at} began at ${start}`, () => {
    assert.equal(new Date(windowStart(window, Date.parse(at))).toISOString(), start);
  });
}
