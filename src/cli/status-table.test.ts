// The table of `clincher status`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { duration, statusLines } from './status-table.ts';

test('every service has a line with what is worth knowing of it', () => {
  const common = { hash: '', pid: 1, restarts: 0, detail: null };
  const services = [
    { ...common, name: 'llm', state: 'ready' as const, startedAt: 0 },
    {
      ...common,
      name: 'gateway',
      state: 'failed' as const,
      startedAt: null,
      restarts: 3,
      detail: 'ended',
    },
  ];
  const lines = statusLines({ topologyHash: null, services }, 61_000);
  assert.deepEqual(lines.map(stripVTControlCharacters), [
    'llm      ready       up 61 s',
    'gateway  failed      3 restarts  ended',
  ]);
});

test('with nothing running it says how to start', () => {
  const lines = statusLines({ topologyHash: null, services: [] }, 0);
  assert.deepEqual(lines, ['nothing is running; start it with: clincher up']);
});

test('a duration is said in the unit that fits', () => {
  const said = [0, 119_999, 120_000, 7_200_000, 172_800_000, -5].map(duration);
  assert.deepEqual(said, ['0 s', '119 s', '2 min', '2 h', '2 d', '0 s']);
});
