// What `up` writes, byte for byte, in each of its three forms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { createProgress, type ProgressKind } from './progress.ts';

function written(kind: ProgressKind, columns = 80) {
  const parts: string[] = [];
  let nowMs = 0;
  const progress = createProgress(kind, {
    write: (text) => void parts.push(text),
    columns: () => columns,
    monotonicMs: () => {
      nowMs += 2_000;
      return nowMs;
    },
  });
  return { progress, text: () => stripVTControlCharacters(parts.join('')), parts };
}

test('without a terminal a phase is one plain line, and what had nothing to do is none', async () => {
  const { progress, text } = written('plain');
  await progress.phase('OpenClaw', async (update) => {
    update('50 %');
    return 'installed';
  });
  await progress.phase('bubblewrap', async () => null);
  progress.note('a note');
  progress.warn('a warning');
  assert.equal(text(), '  ✓ OpenClaw: installed (2 s)\n  a note\n  ! a warning\n');
});

test('on a terminal the line is rewritten, and cut so that it never wraps', async () => {
  const { progress, parts } = written('terminal', 20);
  await progress.phase('x'.repeat(50), async () => 'done');
  const live = stripVTControlCharacters(parts[0] ?? '').replace('\r', '');
  assert.ok(live.length < 20, live);
  assert.ok(parts[1]?.startsWith('\r\x1b[2K'), 'the live line is taken back');
});

test('a phase that fails is marked, and the failure goes on', async () => {
  const { progress, text } = written('plain');
  await assert.rejects(
    progress.phase('services', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(text(), '  ✗ services\n');
});

test('for programs every event is one JSON object on a line', async () => {
  const { progress, text } = written('json');
  await progress.phase('checked', async (update) => {
    update('half');
    return 'safe';
  });
  progress.warn('careful');
  const events = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(events, [
    { event: 'phase-started', name: 'checked' },
    { event: 'phase-progress', name: 'checked', text: 'half' },
    { event: 'phase-done', name: 'checked', result: 'safe' },
    { event: 'warning', text: 'careful' },
  ]);
});
