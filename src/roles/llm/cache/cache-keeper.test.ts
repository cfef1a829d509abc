// The account of the cache on the disk: it goes on after a restart, begins anew under other
// settings, and the cache is emptied when another process asks, whenever that was.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { systemWorld } from '../../../kit/world.ts';
import { createLog } from '../../../telemetry/log.ts';
import { type TempDir, tempDir } from '../../../testing/temp-dir.ts';
import { llmRules } from '../settings.ts';
import type { AnswerCache, CacheStats } from './answer-cache.ts';
import { CacheBook } from './cache-book.ts';
import { CacheKeeper } from './cache-keeper.ts';

const none = { right: 0, wrong: 0 };
const lookups = { exact: 0, semantic: 0, joined: 0, explore: 0, miss: 0, 'left-out': 0 };
const nothing: CacheStats = {
  ...{ mode: 'semantic', wrongShare: null, errorMax: 0.01, savedNanoUsd: 0, whys: {}, lookups },
  store: { kind: 'embedded', entries: 0, bytes: 0, fault: null, faults: 0 },
  checks: { shadow: none, explore: none, feedback: none },
};

function settingsWith(cache: object) {
  const rules = llmRules.parse({ providers: [], models: [], keys: [], budgets: [], cache });
  assert.ok(rules.cache !== null);
  return rules.cache;
}

/** Serves for a moment, and is disposed: then everything is written. */
async function serve(dir: TempDir, stats: Partial<CacheStats>, cache: object = { mode: 'exact' }) {
  const seen = { cleared: 0, lines: [] as string[] };
  const log = createLog({}, (line) => seen.lines.push(line), Date.now);
  const served: AnswerCache = {
    ...({} as AnswerCache),
    stats: () => ({ ...nothing, ...stats }),
    async clear() {
      seen.cleared += 1;
    },
  };
  const house = {
    ...{ world: systemWorld(), telemetry: { log }, settings: { stateDir: dir.path } },
  };
  await new CacheKeeper(served, settingsWith(cache), house)[Symbol.asyncDispose]();
  return seen;
}

function accountIn(dir: TempDir) {
  using book = CacheBook.existing(dir.path);
  return book.account();
}

const once: Partial<CacheStats> = {
  lookups: { ...lookups, exact: 2, semantic: 3, miss: 5 },
  whys: { 'nothing-near': 4, number: 1 },
  checks: { shadow: { right: 3, wrong: 1 }, explore: none, feedback: none },
  savedNanoUsd: 7,
  store: { kind: 'embedded', entries: 6, bytes: 60, fault: null, faults: 1 },
};

test('what is counted goes on after a restart; what is there is as it is', async () => {
  using dir = tempDir();
  await serve(dir, once);
  const first = accountIn(dir);
  await serve(dir, { ...once, whys: { number: 2 }, store: { ...nothing.store, entries: 1 } });
  const account = accountIn(dir);
  assert.equal(account?.sinceMs, first?.sinceMs);
  const { stats } = account ?? {};
  assert.deepEqual(stats?.lookups, { ...lookups, exact: 4, semantic: 6, miss: 10 });
  assert.deepEqual(stats?.whys, { 'nothing-near': 4, number: 3 });
  assert.deepEqual(stats?.checks.shadow, { right: 6, wrong: 2 });
  assert.equal(stats?.wrongShare, 0.25);
  assert.equal(stats?.savedNanoUsd, 14);
  assert.equal(stats?.store.entries, 1);
});

test('under other settings counting begins anew; another store or time to live is no other', async () => {
  using dir = tempDir();
  await serve(dir, once, { mode: 'exact' });
  await serve(dir, once, { mode: 'exact', ttlMs: 5 });
  assert.equal(accountIn(dir)?.stats.savedNanoUsd, 14);
  await serve(dir, once, { mode: 'semantic', semantic: { errorMax: 0.02 } });
  assert.equal(accountIn(dir)?.stats.savedNanoUsd, 7);
});

test('asked before it started, the cache is emptied then, once', async () => {
  using dir = tempDir();
  await serve(dir, once);
  let asked = 0;
  {
    using book = CacheBook.existing(dir.path);
    book.askClear(1);
    asked = book.askClear(2);
    assert.equal(book.isCleared(asked), false);
  }
  assert.equal((await serve(dir, once)).cleared, 1);
  assert.equal((await serve(dir, once)).cleared, 0);
  using book = CacheBook.existing(dir.path);
  assert.equal(book.isCleared(asked), true);
});

test('a file that is none costs nothing but a line in the log', async () => {
  using dir = tempDir();
  writeFileSync(
    join(dir.path, 'cache-book.sqlite'),
    'not a database, but longer than a header'.repeat(99),
  );
  const { lines } = await serve(dir, once);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /cache-book-failed.*not a database/);
});

test('one of another version is left as it is', async () => {
  using dir = tempDir();
  await serve(dir, once);
  {
    using database = new DatabaseSync(join(dir.path, 'cache-book.sqlite'));
    database.exec('PRAGMA user_version = 9');
  }
  assert.throws(() => CacheBook.existing(dir.path), /another version of clincher \(9\)/);
});
