// The store in memory, with a file behind it: nothing is asked of anybody, nothing is waited for.
// Bounded in entries and bytes; what was not used for longest goes first.

import { setImmediate } from 'node:timers/promises';
import { Latest } from '../../../../kit/latest.ts';
import type {
  CachedAnswer,
  CacheEntry,
  CacheQuestion,
  Neighbour,
  Observation,
} from '../../../../policy/llm-cache/types.ts';
import type { Log } from '../../../../telemetry/log.ts';
import type { EmbedCall, Embedding } from '../embedding/embedding.ts';
import { entryObservationsMax, withObservation } from '../observation-bytes.ts';
import { RecentVectors } from '../recent-vectors.ts';
import type { CacheSettings } from '../settings.ts';
import type { AnswerStore, StoredAnswer, StoreStats } from '../store.ts';
import type { FiledEntry } from './answer-file.ts';
import { answerOf, bytesOf, entryOf, type Held, holdEntry, questionOf } from './held.ts';
import { Learned } from './learned.ts';
import { Names } from './names.ts';
import { Scopes } from './scopes.ts';
import { WriteBehind } from './write-behind.ts';

/** Entries that each new one is an occasion to look at, whether they are too old. */
const sweptPerPut = 2;
/** Entries that are kept as they were shown: whoever reads one again need not do it anew. */
const shownMax = 4_096;
/** In the file beside what the answers are. */
const fileBytesPerEntry = 2_048;

export interface EmbeddedSettings {
  readonly limits: Pick<CacheSettings['limits'], 'entriesMax' | 'bytesMax' | 'answerBytesMax'>;
  /** Null: nothing outlives the process. */
  readonly file: string | null;
}

export class EmbeddedStore implements AnswerStore {
  readonly kind = 'embedded';
  readonly #limits: EmbeddedSettings['limits'];
  readonly #now: () => number;
  /** The one that was used last is the last. */
  readonly #held = new Map<string, Held>();
  readonly #scopes: Scopes;
  readonly #shown = new Latest<Held, CacheEntry>(shownMax);
  readonly #learned = new Learned();
  readonly #names = new Names();
  readonly #file: WriteBehind | null;
  #bytes = 0;
  #sweep = this.#held.values();
  #reading: Promise<void>;
  #closed = false;

  /** `embedding` null: only the same request is ever asked for. */
  constructor(
    { limits, file }: EmbeddedSettings,
    embedding: Embedding | null,
    now: () => number,
    log: Log,
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#scopes = new Scopes(embedding === null ? null : new RecentVectors(embedding));
    this.#file =
      file === null
        ? null
        : new WriteBehind(
            {
              path: file,
              bytesMax: 2 * limits.bytesMax + fileBytesPerEntry * limits.entriesMax,
              waitingMax: 2 * limits.entriesMax,
              embedding: embedding?.id ?? '',
            },
            {
              entry: (id) => this.#filed(id),
              learned: (owner) => this.#learned.packed(owner),
              ids: () => this.#held.keys(),
              owners: () => this.#learned.owners(),
            },
            log,
          );
    this.#reading = this.#read();
  }

  async get(id: string): Promise<StoredAnswer | null> {
    const held = this.#current(id);
    if (held === null) return null;
    this.#held.delete(id);
    this.#held.set(id, held);
    return { entry: this.#show(held), answer: answerOf(held) };
  }

  async nearest(question: CacheQuestion, count: number, call: EmbedCall): Promise<Neighbour[]> {
    try {
      const near = await this.#scopes.nearest(question, count, call, ({ id }) =>
        this.#file?.entryChanged(id),
      );
      return near.flatMap(({ held, similarity }) =>
        this.#current(held.id) === held ? [{ entry: this.#show(held), similarity }] : [],
      );
    } catch {
      // Without a vector nothing is near; whoever makes vectors says why there was none.
      return [];
    }
  }

  async put(entry: Omit<CacheEntry, 'observations'>, answer: CachedAnswer): Promise<void> {
    const before = this.#held.get(entry.id);
    const same = before?.text === entry.question?.text ? before : undefined;
    const vector = same === undefined ? null : this.#scopes.vectorOf(same);
    const learned = same?.learned ?? null;
    if (this.#add({ ...entry, answer, learned, vector })) this.#file?.entryChanged(entry.id);
    for (let swept = 0; swept < sweptPerPut; swept += 1) this.#sweepOne();
  }

  async observe(
    { id, owner }: Pick<CacheEntry, 'id' | 'owner'>,
    observation: Observation,
  ): Promise<void> {
    const held = this.#held.get(id);
    if (held !== undefined && held.owner === owner) {
      this.#shown.delete(held);
      held.learned = withObservation(held.learned, observation, entryObservationsMax);
      this.#file?.entryChanged(id);
    }
    this.#learned.add(owner, observation);
    this.#file?.learnedChanged(owner);
  }

  async learned(owner: string): Promise<readonly Observation[]> {
    return this.#learned.of(owner);
  }

  async delete(ids: readonly string[], owner: string): Promise<readonly string[]> {
    // What is in the file alone as yet would come back.
    await this.#reading;
    const found = ids.flatMap((id) => {
      const held = this.#held.get(id);
      return held?.owner === owner ? [held] : [];
    });
    for (const held of found) this.#drop(held);
    // Whoever deletes an answer does not want it back after a crash.
    this.#file?.flush();
    return found.map(({ id }) => id);
  }

  async clear(): Promise<void> {
    await this.#reading;
    for (const held of [...this.#held.values()]) this.#drop(held);
    this.#learned.clear();
    this.#file?.clear();
  }

  stats(): StoreStats {
    return {
      entries: this.#held.size,
      bytes: this.#bytes,
      fault: this.#file?.fault ?? null,
      faults: this.#file?.faults ?? 0,
    };
  }

  /** Resolves when all that the file had is here. */
  async ready(): Promise<void> {
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#reading;
    this.#file?.[Symbol.dispose]();
  }

  /** Some at a time: requests are answered meanwhile, from what is there. */
  async #read(): Promise<void> {
    if (this.#file === null) return;
    for (const [owner, packed] of this.#file.readLearned()) this.#learned.restore(owner, packed);
    for (const page of this.#file.read()) {
      for (const entry of page) {
        // What came meanwhile is newer.
        if (this.#held.has(entry.id) || this.#file.waits(entry.id)) continue;
        if (!this.#add(entry)) this.#file.entryChanged(entry.id);
      }
      await setImmediate();
      if (this.#closed) return;
    }
  }

  /** False for what does not fit, or is too old. */
  #add({ vector, ...entry }: FiledEntry): boolean {
    const before = this.#held.get(entry.id);
    if (before !== undefined) this.#drop(before);
    const held = holdEntry(entry, this.#names);
    const { entriesMax, bytesMax, answerBytesMax } = this.#limits;
    const bytes = bytesOf(held);
    if (held.untilMs <= this.#now()) return false;
    if (bytes > bytesMax || held.body.length > answerBytesMax) return false;
    this.#held.set(held.id, held);
    this.#scopes.add(held, vector);
    this.#bytes += bytes;
    for (const oldest of this.#held.values()) {
      if (this.#held.size <= entriesMax && this.#bytes <= bytesMax) break;
      this.#drop(oldest);
    }
    return true;
  }

  #current(id: string): Held | null {
    const held = this.#held.get(id);
    if (held === undefined) return null;
    if (held.untilMs > this.#now()) return held;
    this.#drop(held);
    return null;
  }

  #drop(held: Held): void {
    held.live = false;
    this.#shown.delete(held);
    this.#held.delete(held.id);
    this.#scopes.remove(held);
    this.#bytes -= bytesOf(held);
    this.#file?.entryChanged(held.id);
  }

  #show(held: Held): CacheEntry {
    const shown = this.#shown.get(held) ?? entryOf(held);
    this.#shown.set(held, shown);
    return shown;
  }

  #sweepOne(): void {
    const next = this.#sweep.next();
    if (next.done === true) this.#sweep = this.#held.values();
    else this.#current(next.value.id);
  }

  #filed(id: string): FiledEntry | null {
    const held = this.#held.get(id);
    if (held === undefined) return null;
    const { owner, learned } = held;
    const vector = this.#scopes.vectorOf(held);
    return { id, owner, question: questionOf(held), answer: answerOf(held), learned, vector };
  }
}
