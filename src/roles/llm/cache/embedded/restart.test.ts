// The file behind the embedded store: what outlives a restart, a kill, a broken file and none.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { systemWorld } from '../../../../kit/world.ts';
import { createLog } from '../../../../telemetry/log.ts';
import { answerUntil, degrees, entryOf, nobody } from '../../../../testing/cache-contract.ts';
import { bodyOf } from '../../../../testing/cache-writer.ts';
import { tempDir } from '../../../../testing/temp-dir.ts';
import type { Embedding } from '../embedding/embedding.ts';
import { type EmbeddedSettings, EmbeddedStore } from './embedded-store.ts';

const lines: string[] = [];
const log = createLog({}, (line) => lines.push(line), systemWorld().now);
const soon = () => Date.now() + 3_600_000;

async function open(
  file: string,
  changes: Partial<EmbeddedSettings['limits']> = {},
  embedding: Embedding = degrees,
): Promise<EmbeddedStore> {
  const limits = { entriesMax: 1_000, bytesMax: 1e7, answerBytesMax: 1e6, ...changes };
  const store = new EmbeddedStore({ limits, file }, embedding, Date.now, log);
  await store.ready();
  return store;
}

const idsNear = async (store: EmbeddedStore, scope: string, text: string) =>
  (await store.nearest({ scope, text }, 8, nobody)).map(({ entry }) => entry.id);

test('answers, what was learned and vectors outlive a restart', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  const answer = answerUntil(soon());
  const learned = [
    { similarity: 0.75, same: true },
    { similarity: 0.5, same: false },
  ];
  {
    await using store = await open(file);
    for (const text of ['10', '40']) await store.put(entryOf(text, 's', text), answer);
    assert.deepEqual(await idsNear(store, 's', '12'), ['10', '40']);
    for (const one of learned) await store.observe({ id: '40', owner: 'owner-a' }, one);
  }
  const asked: string[] = [];
  const counted: Embedding = {
    ...degrees,
    embed: (text, call) => {
      asked.push(text);
      return degrees.embed(text, call);
    },
  };
  await using store = await open(file, {}, counted);
  assert.deepEqual(await store.get('40'), {
    entry: { ...entryOf('40', 's', '40'), observations: learned },
    answer,
  });
  assert.deepEqual(await store.learned('owner-a'), learned);
  assert.deepEqual(await idsNear(store, 's', '12'), ['10', '40']);
  assert.deepEqual(asked, ['12'], 'no vector is made twice');
});

test('a vector that is made for a question is written down where it costs something to make', async () => {
  using folder = tempDir();
  for (const isCheap of [true, false]) {
    const file = `${folder.path}/${isCheap}.sqlite`;
    const length = () => {
      using database = new DatabaseSync(file, { readOnly: true });
      return database.prepare('SELECT length(entry) AS bytes FROM entries').get()?.bytes;
    };
    {
      await using store = await open(file, {}, { ...degrees, isCheap });
      await store.put(entryOf('a', 's', '10'), answerUntil(soon()));
    }
    const before = length();
    {
      await using store = await open(file, {}, { ...degrees, isCheap });
      assert.deepEqual(await idsNear(store, 's', '12'), ['a']);
    }
    assert.equal(length() === before, isCheap);
  }
});

test('what was deleted, replaced or cleared stays so', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  {
    await using store = await open(file);
    for (const id of ['a', 'b', 'c']) await store.put(entryOf(id, 's', '1'), answerUntil(soon()));
    await store.delete(['a'], 'owner-a');
    await store.put(entryOf('b', 's', '2'), answerUntil(soon(), { requestId: 'new' }));
  }
  {
    await using store = await open(file);
    assert.equal(await store.get('a'), null);
    assert.equal((await store.get('b'))?.answer.requestId, 'new');
    assert.equal(store.stats().entries, 2);
    await store.clear();
  }
  await using store = await open(file);
  assert.equal(store.stats().entries, 0);
});

test('vectors and similarities of another embedding are not taken over', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  {
    await using store = await open(file);
    await store.put(entryOf('a', 's', '1'), answerUntil(soon()));
    await store.observe({ id: 'a', owner: 'owner-a' }, { similarity: 0.5, same: true });
  }
  await using store = await open(file, {}, { ...degrees, id: 'degrees-2' });
  assert.deepEqual(await store.learned('owner-a'), []);
  assert.equal(await store.get('a'), null);
});

test('more than its bounds it does not keep: what was used last stays', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  const kept = ['0', '18', '19'];
  {
    await using store = await open(file, { entriesMax: 3, bytesMax: 1e5, answerBytesMax: 5e4 });
    for (let id = 0; id < 20; id += 1) {
      await store.put(entryOf(String(id), 's', '1'), answerUntil(soon()));
      assert.notEqual(await store.get('0'), null);
    }
    for (const id of kept) assert.notEqual(await store.get(id), null, id);
    assert.equal(store.stats().entries, 3);
    const body = Buffer.alloc(4e4);
    for (const id of ['x', 'y', 'z']) {
      await store.put(entryOf(id, 's', '1'), answerUntil(soon(), { body }));
    }
    assert.ok(store.stats().bytes <= 1e5, String(store.stats().bytes));
    assert.equal(await store.get('x'), null);
    const large = answerUntil(soon(), { body: Buffer.alloc(5e4 + 1) });
    await store.put(entryOf('large', 's', '1'), large);
    assert.equal(await store.get('large'), null);
    assert.notEqual(await store.get('z'), null);
  }
  await using store = await open(file);
  assert.equal(store.stats().entries, 2);
  assert.deepEqual((await idsNear(store, 's', '1')).sort(), ['y', 'z']);
});

test('killed while it writes, it comes back with whole answers, and most of them', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  for (let kill = 0; kill < 2; kill += 1) {
    const text = await killedAfter(5_000 + kill * 777, file);
    const written = text.trimEnd().split('\n');
    await using store = await open(file, { entriesMax: 5_000, bytesMax: 1e8 });
    let found = 0;
    for (const id of new Set(written)) {
      const stored = await store.get(id);
      if (stored === null) continue;
      found += 1;
      assert.ok(stored.answer.body.equals(bodyOf(id)), id);
    }
    // The last fifth of a second may be lost.
    assert.ok(found > written.length / 4, `${found} of ${written.length}`);
  }
});

/** What the writer printed until it was killed: so many characters, or a few more. */
async function killedAfter(characters: number, ...args: readonly string[]): Promise<string> {
  const program = new URL('../../../../testing/cache-writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length >= characters) resolve();
  });
  await promise;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  return text;
}

test('an answer that was deleted does not come back, though the process was killed at once', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  {
    await using store = await open(file);
    for (const id of ['kept', 'let go'])
      await store.put(entryOf(id, 's', '1'), answerUntil(soon()));
  }
  assert.equal(await killedAfter('gone let go\n'.length, file, 'let go'), 'gone let go\n');
  await using store = await open(file);
  assert.equal(await store.get('let go'), null);
  assert.notEqual(await store.get('kept'), null);
});

test('a row that is not what was written is not there', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  {
    await using store = await open(file);
    for (const id of ['torn', 'whole', 'moved']) {
      await store.put(entryOf(id, 's', '1'), answerUntil(soon()));
    }
  }
  {
    using database = new DatabaseSync(file);
    database.exec('UPDATE entries SET entry = zeroblob(length(entry)) WHERE serial = 1');
    // What was written for one row stands in another, whole.
    database.exec('UPDATE entries SET serial = 99 WHERE serial = 3');
    database.exec(
      'INSERT INTO entries SELECT 4, substr(entry, 1, 40) FROM entries LIMIT 1 OFFSET 1',
    );
    database.exec("INSERT INTO entries VALUES (5, x'')");
  }
  {
    await using store = await open(file);
    assert.equal(await store.get('torn'), null);
    assert.equal(await store.get('moved'), null);
    assert.notEqual(await store.get('whole'), null);
  }
  using database = new DatabaseSync(file);
  const { rows } = { ...database.prepare('SELECT count(*) AS rows FROM entries').get() };
  assert.equal(rows, 1, 'nor does it keep its room');
});

test('where no file can be, it keeps answers in memory, says why, and writes them when one can', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  mkdirSync(file);
  lines.length = 0;
  await using store = await open(file);
  await store.put(entryOf('a', 's', '1'), answerUntil(soon()));
  assert.notEqual(await store.get('a'), null);
  assert.match(store.stats().fault ?? '', /cache\.sqlite cannot be written: /);
  assert.equal(lines.filter((line) => line.includes('cache-file-unavailable')).length, 1);
  rmdirSync(file);
  await store.delete(['none'], 'owner-a');
  assert.equal(store.stats().fault, null);
  await using again = await open(file);
  assert.notEqual(await again.get('a'), null, 'what waited is in it');
});

test('what is gone leaves its room in the file to others', async () => {
  using folder = tempDir();
  const file = `${folder.path}/cache.sqlite`;
  {
    await using store = await open(file);
    await store.put(entryOf('first', 's', '1'), answerUntil(soon()));
  }
  await using store = await open(file, { entriesMax: 10, bytesMax: 4e5 });
  const body = Buffer.alloc(39_000);
  for (let id = 0; id < 200; id += 1) {
    await store.put(entryOf(`${id}`, 's', '1'), answerUntil(soon(), { body }));
    if (id % 10 === 0) await store.delete(['none'], 'owner-a');
  }
  assert.equal(store.stats().entries, 10);
  assert.equal(store.stats().fault, null, 'room is used again');
});
