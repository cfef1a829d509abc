// The store in Redis: answers that several model proxies share, found by RediSearch or by vector
// sets, whichever is there. Each key has an end, and names nothing but digests.

import { hash } from 'node:crypto';
import { Latest } from '../../../../kit/latest.ts';
import type { World } from '../../../../kit/world.ts';
import type {
  CachedAnswer,
  CacheEntry,
  CacheQuestion,
  Neighbour,
  Observation,
} from '../../../../policy/llm-cache/types.ts';
import { observationsMax } from '../../../../policy/llm-cache/verified.ts';
import type { Log } from '../../../../telemetry/log.ts';
import { RedisLink, type RedisWay } from '../../shared/redis-link.ts';
import type { EmbedCall, Embedding } from '../embedding/embedding.ts';
import {
  entryObservationsMax,
  observationBytes,
  packObservations,
  unpackObservations,
} from '../observation-bytes.ts';
import { RecentVectors } from '../recent-vectors.ts';
import type { CacheSettings } from '../settings.ts';
import type { AnswerStore, StoredAnswer, StoreStats } from '../store.ts';
import { allFields, readHead, readStored, writeFields } from './fields.ts';
import type { NearSearch } from './near-search.ts';
import { deleteScript, observeScript, putScript } from './scripts.ts';
import { SearchIndex } from './search-index.ts';
import { VectorSets } from './vector-sets.ts';

/** What an owner learned is forgotten when nothing was added for so long. */
const learnedMs = 30 * 24 * 3_600_000;
const keysPerScan = 1_000;

export class RedisStore implements AnswerStore {
  readonly kind = 'redis';
  readonly #limits: CacheSettings['limits'];
  readonly #world: World;
  readonly #log: Log;
  readonly #vectors: RecentVectors | null;
  /** All keys of one slot, so that a script may have them all. */
  readonly #prefix: string;
  /** What this process put there: others fill and empty it too. */
  readonly #put: Latest<string, Pick<CachedAnswer, 'untilMs'> & { readonly bytes: number }>;
  readonly #link: RedisLink;
  readonly #detected = Promise.withResolvers<void>();
  #search: NearSearch | null = null;
  #lacks: string | null = null;

  /** `embedding` null: only the same request is ever asked for. */
  constructor(
    { prefix, limits }: { readonly prefix: string; readonly limits: CacheSettings['limits'] },
    way: RedisWay,
    embedding: Embedding | null,
    world: World,
    log: Log,
  ) {
    this.#limits = limits;
    this.#world = world;
    this.#log = log;
    this.#vectors = embedding === null ? null : new RecentVectors(embedding);
    this.#prefix = `{${prefix}}:`;
    this.#put = new Latest(limits.entriesMax);
    this.#link = new RedisLink(way, 'cache-store', world, log, () =>
      this.#detect().finally(this.#detected.resolve),
    );
  }

  async get(id: string): Promise<StoredAnswer | null> {
    const values = await this.#link.ask('HMGET', this.#key('e', id), ...allFields);
    const stored = values === null ? null : readStored(id, values as Buffer[]);
    return stored !== null && stored.answer.untilMs > this.#world.now() ? stored : null;
  }

  async nearest(
    question: CacheQuestion,
    count: number,
    call: EmbedCall,
  ): Promise<readonly Neighbour[]> {
    const vector = this.#search === null ? null : await this.#vectorOf(question.text, call);
    if (this.#search === null || vector === null) return [];
    const found = await this.#search.nearest(digest(question.scope), vector, count);
    return (found ?? []).flatMap(({ id, similarity, fields }) => {
      const head = readHead(id, fields);
      const isCurrent = head !== null && head.untilMs > this.#world.now();
      // Not by a digest alone is anything given out.
      const isOwn = head?.entry.question?.scope === question.scope;
      return isCurrent && isOwn ? [{ entry: head.entry, similarity }] : [];
    });
  }

  async put(
    entry: Omit<CacheEntry, 'observations'>,
    answer: CachedAnswer,
    call: EmbedCall,
  ): Promise<void> {
    const { id, question } = entry;
    const bytes = answer.body.length;
    if (bytes > this.#limits.answerBytesMax || answer.untilMs <= this.#world.now()) return;
    const vector = question === null ? null : await this.#vectorOf(question.text, call);
    const place =
      vector === null || question === null
        ? null
        : await this.#search?.place(digest(question.scope), vector);
    const answered = await this.#link.ask(
      ...(['EVAL', putScript, 1, this.#key('e', id), id, Math.floor(answer.untilMs)] as const),
      ...[place?.set ?? '', vector ?? '', ...writeFields(entry, answer), ...(place?.fields ?? [])],
    );
    if (answered !== null) this.#put.set(id, { bytes, untilMs: answer.untilMs });
  }

  async observe(
    { id, owner }: Pick<CacheEntry, 'id' | 'owner'>,
    observation: Observation,
  ): Promise<void> {
    const keys = [this.#key('e', id), this.#key('l', digest(owner))];
    await this.#link.ask(
      ...(['EVAL', observeScript, keys.length, ...keys, owner] as const),
      packObservations([observation]),
      ...[entryObservationsMax * observationBytes, observationsMax * observationBytes, learnedMs],
    );
  }

  async learned(owner: string): Promise<readonly Observation[]> {
    const packed = await this.#link.ask('GET', this.#key('l', digest(owner)));
    return packed === null ? [] : unpackObservations(packed as Buffer);
  }

  async delete(ids: readonly string[], owner: string): Promise<readonly string[]> {
    const keys = ids.map((id) => this.#key('e', id));
    const asked = ['EVAL', deleteScript, keys.length, ...keys, owner, ...ids] as const;
    const deleted = ((await this.#link.ask(...asked)) ?? []) as Buffer[];
    for (const id of deleted) this.#put.delete(String(id));
    return deleted.map(String);
  }

  async clear(): Promise<void> {
    const pattern = `${this.#prefix.replace(/[*?[\]\\^-]/g, '\\$&')}*`;
    let cursor = '0';
    do {
      const asked = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', keysPerScan] as const;
      const answer = (await this.#link.ask(...asked)) as [Buffer, Buffer[]] | null;
      if (answer === null) return;
      const [next, keys] = answer;
      if (keys.length > 0) await this.#link.ask('UNLINK', ...keys);
      cursor = String(next);
    } while (cursor !== '0');
    this.#put.clear();
  }

  stats(): StoreStats {
    let bytes = 0;
    for (const [id, put] of this.#put) {
      if (put.untilMs <= this.#world.now()) this.#put.delete(id);
      else bytes += put.bytes;
    }
    const { fault, faults } = this.#link;
    const said = fault === null ? this.#lacks : `Redis does not keep answers: ${fault}`;
    return { entries: this.#put.size, bytes, fault: said, faults };
  }

  /** Resolves when it was connected for the first time. */
  ready(): Promise<void> {
    return this.#detected.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link[Symbol.dispose]();
  }

  /** For each new connection: it may be another Redis, or an empty one. */
  async #detect(): Promise<void> {
    const answer = await this.#link.ask('COMMAND', 'INFO', 'FT.SEARCH', 'VSIM');
    if (answer === null || this.#vectors === null) return;
    const [searches, similar] = answer as readonly (unknown[] | null)[];
    const [model, entries] = [digest(this.#vectors.embedding.id), this.#key('e', '')];
    const isThere = (command: unknown[] | null | undefined) =>
      command != null && command.length > 0;
    if (isThere(searches)) {
      const name = this.#key('i', model);
      this.#search = new SearchIndex(this.#link, name, entries, `vector_${model}`);
    } else if (isThere(similar)) {
      this.#search = new VectorSets(this.#link, this.#key('v', `${model}:`), entries);
    } else {
      this.#search = null;
    }
    const lacks = 'Redis has neither RediSearch nor vector sets: only the same request is found';
    this.#lacks = this.#search === null ? lacks : null;
    if (this.#lacks !== null) this.#log.warn('cache-store-lacks-search', { error: lacks });
  }

  async #vectorOf(text: string, call: EmbedCall): Promise<Buffer | null> {
    try {
      const vector = (await this.#vectors?.of(text, call)) ?? null;
      return vector === null
        ? null
        : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    } catch {
      // Without a vector nothing is near; whoever makes vectors says why there was none.
      return null;
    }
  }

  #key(kind: 'e' | 'v' | 'l' | 'i', name: string): string {
    return `${this.#prefix}${kind}:${name}`;
  }
}

function digest(text: string): string {
  return hash('sha256', text).slice(0, 32);
}
