// What every store of answers does, whatever it is made of: a row of cases that each one runs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CachedAnswer, CacheEntry } from '../policy/llm-cache/types.ts';
import { observationsMax } from '../policy/llm-cache/verified.ts';
import {
  type EmbedCall,
  type Embedding,
  EmbeddingFailure,
} from '../roles/llm/cache/embedding/embedding.ts';
import type { AnswerStore } from '../roles/llm/cache/store.ts';

export interface StoreBench extends AsyncDisposable {
  readonly store: AnswerStore;
  now(): number;
  /** Lets time pass, by a clock of its own or by waiting. */
  pass(ms: number): Promise<void>;
}

export const nobody: EmbedCall = {
  ...{ requestId: 'r', caller: 'gateway', key: 'agent', session: null, heartbeat: false },
  signal: new AbortController().signal,
};

/** Of a text `20 degrees` a vector in that direction; `nothing` has none, `fails` fails. */
export const degrees: Embedding = {
  id: 'degrees-1',
  dimensions: 16,
  async embed(text) {
    if (text === 'nothing') return null;
    if (text === 'fails') throw new EmbeddingFailure('it fails');
    const angle = (Number.parseFloat(text) * Math.PI) / 180;
    return Float32Array.from({ length: 16 }, (_, i) =>
      i === 3 ? Math.cos(angle) : i === 11 ? Math.sin(angle) : 0,
    );
  },
};

export function answerUntil(untilMs: number, changes: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    ...{ contentType: 'application/json', body: Buffer.from([0, 255, 10, 13, 0, 128]) },
    ...{ createdMs: 1_700_000_000_000, untilMs, requestId: 'request-1', costNanoUsd: 1_250 },
    ...{ provider: 'acme', deployment: 'acme-large-1' },
    ...changes,
  };
}

type NewEntry = Omit<CacheEntry, 'observations'>;

export function entryOf(id: string, scope: string, text: string, owner = 'owner-a'): NewEntry {
  return { id, owner, question: { scope, text } };
}

const minute = 60_000;

export function storeContract(
  name: string,
  open: (embedding: Embedding) => Promise<StoreBench>,
  skip: string | false = false,
): void {
  describe(`${name} keeps answers`, { skip }, () => {
    let bench: StoreBench;
    let store: AnswerStore;
    before(async () => {
      bench = await open(degrees);
      store = bench.store;
    });
    after(() => bench[Symbol.asyncDispose]());
    const put = (entry: NewEntry, changes: Partial<CachedAnswer> = {}) =>
      store.put(entry, answerUntil(bench.now() + minute, changes), nobody);
    const nearIds = async (scope: string, text: string, count = 8) =>
      (await store.nearest({ scope, text }, count, nobody)).map(({ entry }) => entry.id);

    test('what was put is got as it was, to the byte', async () => {
      const answer = answerUntil(bench.now() + minute);
      await store.put({ id: 'whole', owner: 'owner-a', question: null }, answer, nobody);
      const got = await store.get('whole');
      assert.deepEqual(got?.answer, answer);
      const entry = { id: 'whole', owner: 'owner-a', question: null, observations: [] };
      assert.deepEqual(got?.entry, entry);
      assert.equal(await store.get('another'), null);
    });

    test('what is too old is not there, exactly or nearly', async () => {
      const until = bench.now() + 400;
      await store.put(entryOf('old', 'ages', '10'), answerUntil(until), nobody);
      await store.put(entryOf('young', 'ages', '12'), answerUntil(until + minute), nobody);
      assert.notEqual(await store.get('old'), null);
      assert.deepEqual(await nearIds('ages', '10'), ['old', 'young']);
      await bench.pass(500);
      assert.equal(await store.get('old'), null);
      assert.deepEqual(await nearIds('ages', '10'), ['young']);
    });

    test('what is near comes nearest first, with its cosine, and no more than asked for', async () => {
      for (const angle of ['0', '30', '60', '90', '120']) await put(entryOf(angle, 'near', angle));
      assert.deepEqual(await nearIds('near', '35', 3), ['30', '60', '0']);
      for (const { entry, similarity } of await store.nearest(
        { scope: 'near', text: '35' },
        5,
        nobody,
      )) {
        const expected = Math.cos(((Number(entry.id) - 35) * Math.PI) / 180);
        assert.ok(Math.abs(similarity - expected) < 0.01, `${entry.id}: ${similarity}`);
        assert.deepEqual(entry.question, { scope: 'near', text: entry.id });
      }
    });

    test('nothing of another scope is near, whatever a scope is called', async () => {
      const scopes = [
        's',
        'S',
        's ',
        '*',
        's*',
        's|t',
        '{s}',
        '}',
        '@scope:{s}',
        '-s',
        "s'",
        's\\',
      ];
      for (const scope of scopes) await put(entryOf(`in ${scope}`, scope, '5'));
      for (const scope of scopes) assert.deepEqual(await nearIds(scope, '5'), [`in ${scope}`]);
      assert.deepEqual(await nearIds('nowhere', '5'), []);
    });

    test('an entry without a question is near to nothing, one without a vector neither', async () => {
      await put({ id: 'alone', owner: 'owner-a', question: null });
      await put(entryOf('empty', 'vectors', 'nothing'));
      await put(entryOf('failed', 'vectors', 'fails'));
      await put(entryOf('fine', 'vectors', '1'));
      assert.deepEqual(await nearIds('vectors', '1'), ['fine']);
      assert.deepEqual(await nearIds('vectors', 'nothing'), []);
      assert.deepEqual(await nearIds('vectors', 'fails'), []);
      for (const id of ['alone', 'empty', 'failed']) assert.notEqual(await store.get(id), null, id);
    });

    test('what is put again replaces what was there', async () => {
      await put(entryOf('twice', 'again', '0'), { requestId: 'first' });
      assert.deepEqual(await nearIds('again', '0'), ['twice']);
      await put(entryOf('twice', 'again', '90'), { requestId: 'second' });
      assert.equal((await store.get('twice'))?.answer.requestId, 'second');
      const [found, ...more] = await store.nearest({ scope: 'again', text: '90' }, 8, nobody);
      assert.deepEqual([found?.entry.id, more.length], ['twice', 0]);
      assert.ok((found?.similarity ?? 0) > 0.99, String(found?.similarity));
    });

    test('what was learned stays with the entry and with its owner, in order', async () => {
      await put(entryOf('teacher', 'school', '40', 'learner'));
      const seen = [0.75, 0.5, 1, 0.25].map((similarity, at) => ({
        similarity,
        same: at % 2 === 0,
      }));
      for (const one of seen) await store.observe({ id: 'teacher', owner: 'learner' }, one);
      assert.deepEqual((await store.get('teacher'))?.entry.observations, seen);
      const [near] = await store.nearest({ scope: 'school', text: '40' }, 1, nobody);
      assert.deepEqual(near?.entry.observations, seen);
      assert.deepEqual(await store.learned('learner'), seen);
      assert.deepEqual(await store.learned('owner-b'), []);
    });

    test('what is learned of an entry that is gone, or another’s, stays with who learned', async () => {
      const [seen] = [{ similarity: 0.5, same: false }];
      await put(entryOf('mine', 'theirs', '50', 'owner-c'));
      await store.observe({ id: 'mine', owner: 'owner-d' }, seen);
      await store.observe({ id: 'gone', owner: 'owner-d' }, seen);
      assert.deepEqual((await store.get('mine'))?.entry.observations, []);
      assert.deepEqual(await store.learned('owner-c'), []);
      assert.deepEqual(await store.learned('owner-d'), [seen, seen]);
      assert.equal(await store.get('gone'), null);
    });

    test('of very much that was learned the latest stays', async () => {
      const who = { id: 'none', owner: 'scholar' };
      const [first, later] = [
        { similarity: 0.25, same: true },
        { similarity: 0.5, same: false },
      ];
      await store.observe(who, first);
      for (let count = 0; count < observationsMax; count += 1) await store.observe(who, later);
      const learned = await store.learned('scholar');
      assert.equal(learned.length, observationsMax);
      assert.deepEqual([learned[0], learned.at(-1)], [later, later]);
    });

    test('each deletes their own', async () => {
      await put(entryOf('a-1', 'shelf', '70', 'owner-a'));
      await put(entryOf('b-1', 'shelf', '71', 'owner-b'));
      assert.deepEqual(await store.delete(['a-1', 'b-1', 'none'], 'owner-b'), ['b-1']);
      assert.equal(await store.get('b-1'), null);
      assert.notEqual(await store.get('a-1'), null);
      assert.deepEqual(await nearIds('shelf', '71'), ['a-1']);
    });

    test('much in one scope: what is near is found', async () => {
      const angles = Array.from({ length: 360 }, (_, angle) => String(angle));
      for (const angle of angles) {
        // As requests do: what is put was asked for.
        await nearIds('many', angle);
        await put(entryOf(`many ${angle}`, 'many', angle));
      }
      for (const angle of ['11', '200', '359']) {
        const [found] = await store.nearest({ scope: 'many', text: angle }, 1, nobody);
        // Two beside each other are as near, in a byte a dimension.
        const off = Number(found?.entry.question?.text) - Number(angle);
        assert.ok(Math.abs(off) <= 2, `${angle}: ${found?.entry.id}`);
      }
    });

    test('it says how much it has, and that nothing is wrong', async () => {
      const { entries, bytes, fault, faults } = store.stats();
      assert.ok(entries > 360, String(entries));
      assert.ok(bytes > 0, String(bytes));
      assert.deepEqual([fault, faults], [null, 0]);
    });

    test('cleared, nothing is left, and it goes on', async () => {
      await store.clear();
      assert.equal(await store.get('whole'), null);
      assert.deepEqual(await nearIds('near', '30'), []);
      assert.deepEqual(await store.learned('learner'), []);
      await put(entryOf('new', 'near', '30'));
      assert.deepEqual(await nearIds('near', '30'), ['new']);
    });
  });
}
