// The file behind the embedded store where it is broken: set aside with a line, and begun anew.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemWorld } from '../../../../kit/world.ts';
import { createLog } from '../../../../telemetry/log.ts';
import { answerUntil, degrees, entryOf } from '../../../../testing/cache-contract.ts';
import { tempDir } from '../../../../testing/temp-dir.ts';
import { EmbeddedStore } from './embedded-store.ts';

const lines: string[] = [];
const log = createLog({}, (line) => lines.push(line), systemWorld().now);
const soon = () => Date.now() + 3_600_000;

async function open(file: string): Promise<EmbeddedStore> {
  const limits = { entriesMax: 1_000, bytesMax: 1e7, answerBytesMax: 1e6 };
  const store = new EmbeddedStore({ limits, file }, degrees, Date.now, log);
  await store.ready();
  return store;
}

const broken: readonly (readonly [name: string, spoil: (file: string) => void])[] = [
  ['no database', (file) => writeFileSync(file, 'this is no database, and long enough'.repeat(99))],
  ['cut off', (file) => truncateSync(file, 5_000)],
  [
    'damaged within',
    (file) => {
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4_096, bytes.length - 4_096);
      writeFileSync(file, bytes);
    },
  ],
  [
    'of another version',
    (file) => {
      using database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 99');
    },
  ],
];

for (const [name, spoil] of broken) {
  test(`a file that is ${name} is set aside with one line, and it goes on`, async () => {
    using folder = tempDir();
    const file = `${folder.path}/cache.sqlite`;
    {
      await using store = await open(file);
      for (let id = 0; id < 300; id += 1) {
        await store.put(entryOf(String(id), 's', '1'), answerUntil(soon()));
      }
    }
    spoil(file);
    lines.length = 0;
    {
      await using store = await open(file);
      await store.put(entryOf('new', 's', '1'), answerUntil(soon()));
      assert.notEqual(await store.get('new'), null);
    }
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /cache-file-set-aside.*cache\.sqlite\.broken/);
    assert.ok(existsSync(`${file}.broken`));
    await using again = await open(file);
    assert.notEqual(await again.get('new'), null);
    assert.equal(again.stats().fault, null);
  });
}

for (const since of ['answered', 'deleted']) {
  test(`a file that nobody could read at the start brings back nothing ${since} since`, async () => {
    using folder = tempDir();
    const file = `${folder.path}/cache.sqlite`;
    {
      await using store = await open(file);
      for (const id of ['a', 'b', 'c']) await store.put(entryOf(id, 's', '1'), answerUntil(soon()));
    }
    {
      const other = new DatabaseSync(file);
      other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      await using store = await open(file);
      assert.match(store.stats().fault ?? '', /locked/);
      other.close();
      const newer = answerUntil(soon(), { requestId: 'new' });
      if (since === 'answered') await store.put(entryOf('c', 's', '1'), newer);
      await store.delete(['a'], 'owner-a');
    }
    await using store = await open(file);
    assert.equal(
      (await store.get('c'))?.answer.requestId,
      since === 'answered' ? 'new' : undefined,
    );
    assert.equal(await store.get('a'), null);
  });
}

test('a store that is closed leaves its file alone', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  const closed = await open(file);
  await closed.put(entryOf('a', 's', '1'), answerUntil(soon()));
  await closed[Symbol.asyncDispose]();
  await closed.put(entryOf('b', 's', '1'), answerUntil(soon()));
  await closed.delete(['none'], 'owner-a');
  // Longer than what waits is waited with.
  await setTimeout(400);
  await using store = await open(file);
  assert.notEqual(await store.get('a'), null);
  assert.equal(await store.get('b'), null);
});
