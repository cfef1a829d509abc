// What the cache has done as people and programs read it, and emptying it from the command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheStats } from '../../roles/llm/cache/answer-cache.ts';
import { CacheBook } from '../../roles/llm/cache/cache-book.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { cacheLines } from './cache-text.ts';
import { clearCache, readCacheReport, report } from './read-cache.ts';

const none = { right: 0, wrong: 0 };
const stats: CacheStats = {
  mode: 'semantic',
  store: { kind: 'embedded', entries: 812, bytes: 4_300_000, fault: null, faults: 0 },
  lookups: { exact: 100, semantic: 200, joined: 5, explore: 45, miss: 650, 'left-out': 50 },
  whys: { 'nothing-near': 400, number: 250, 'tool-results': 50 },
  checks: { shadow: { right: 98, wrong: 2 }, explore: none, feedback: { right: 3, wrong: 1 } },
  wrongShare: 0.02,
  errorMax: 0.01,
  savedNanoUsd: 1_234_567_891,
};
const account = { sinceMs: 0, atMs: 86_400_000, stats };
const linesOf = (more: Partial<CacheStats>) =>
  cacheLines(report({ ...account, stats: { ...stats, ...more } }));

test('the figures stand in tables, with what was checked and what was promised', () => {
  assert.deepEqual(linesOf({}), [
    '$1.2346 saved by 305 answers to 1000 requests since 1970-01-01 00:00:00',
    '812 answers, 4.1 MiB, in the store embedded',
    '',
    'same request                  100  10.0 %',
    'same request, being answered    5  0.50 %',
    'something similar             200  20.0 %',
    'similar, but asked to learn    45  4.50 %',
    'missed                        650  65.0 %',
    '',
    '2 of 100 checked answers to something similar were wrong: 2.00 % (95 %: 0.55 % to 7.00 %)',
    'of all requests 0.40 % (95 %: 0.11 % to 1.40 %); declared: 1.00 % at most, and too few were checked to say',
    '1 of 4 judged by clients were wrong',
    '',
    'why not, of those missed and left out',
    'nothing-near  400  57.1 %',
    'number        250  35.7 %',
    'tool-results   50  7.14 %',
    '',
    'as of 1970-01-02 00:00:00',
  ]);
});

test('whether the bound was kept is said', () => {
  const checked = (right: number, wrong: number) =>
    linesOf({ checks: { ...stats.checks, shadow: { right, wrong } } }).find((line) =>
      line.startsWith('of all'),
    ) ?? '';
  assert.match(checked(990, 10), /1\.00 % at most, and kept$/);
  assert.match(checked(500, 500), /, and NOT kept$/);
  assert.match(linesOf({ errorMax: null }).join('\n'), /; nothing bounds it\n/);
  assert.match(
    linesOf({ checks: { shadow: none, explore: none, feedback: none } }).join('\n'),
    /no answer to something similar was checked yet; declared: 1\.00 % at most\n/,
  );
});

test('of an exact cache nothing is said of what is similar', () => {
  const text = linesOf({ mode: 'exact', errorMax: null, whys: {} }).join('\n');
  assert.doesNotMatch(text, /similar|wrong|why/);
});

test('a store that cannot be used is said, and does nothing to the terminal', () => {
  const store = { kind: 'redis', entries: 0, bytes: 0, fault: 'gone\u001b[2J', faults: 3 };
  const lines = linesOf({ store });
  assert.match(lines[1] ?? '', /in the store redis, which cannot be used: gone/);
  assert.equal(lines[2], '3 questions that the store did not answer');
  assert.ok(lines.every((line) => !line.includes('\u001b')));
});

test('the report is read from the folder of llm; without one it is said what to do', () => {
  using dir = tempDir();
  const flags = { config: 'x', ledger: dir.path };
  assert.throws(() => readCacheReport(flags), { code: 'cache-missing' });
  {
    using book = CacheBook.open(dir.path);
    assert.throws(() => readCacheReport(flags), /counted anything yet/);
    book.write('x', account);
  }
  const { hits, lookedAt, wrongOfAll } = readCacheReport(flags);
  assert.deepEqual([hits, lookedAt], [305, 1_000]);
  assert.equal(Math.round((wrongOfAll?.share ?? 0) * 1e4), 40);
});

test('clearing waits until it is done', async () => {
  using dir = tempDir();
  using book = CacheBook.open(dir.path);
  const waiting = clearCache({ config: 'x', ledger: dir.path }, 1);
  const asked = book.clearAsked();
  assert.ok(asked !== null);
  book.cleared(asked, 2);
  assert.equal(await waiting, true);
});
