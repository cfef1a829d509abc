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
import type { FiledEntry } from './filed-entry.ts';
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
  /** Vectors that are made later than their entries are not worth a line in the file. */
  readonly #isCheap: boolean;
  #lastSerial: number;
  /** Ids that were put while the file is read: what it has of them is old. Null once it was. */
  #newer: Set<string> | null;
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
    this.#isCheap = embedding?.isCheap === true;
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
              entry: (held) => this.#filed(held),
              learned: (owner) => this.#learned.packed(owner),
              held: () => this.#held.values(),
              owners: () => this.#learned.owners(),
            },
            log,
          );
    this.#newer = file === null ? null : new Set();
    this.#lastSerial = this.#file?.lastSerial() ?? 0;
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
      const near = await this.#scopes.nearest(question, count, call, (held) => {
        if (!this.#isCheap) this.#file?.entryChanged(held);
      });
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
    this.#newer?.add(entry.id);
    this.#lastSerial += 1;
    const held = this.#add({ ...entry, serial: this.#lastSerial, answer, learned, vector });
    if (held !== null) this.#file?.entryChanged(held);
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
      this.#file?.entryChanged(held);
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
      for (const [serial, entry] of page) {
        const isOld = entry === null || this.#newer?.has(entry.id) === true;
        if (isOld || this.#add(entry) === null) this.#file.entryGone(serial);
      }
      await setImmediate();
      if (this.#closed) return;
    }
    this.#newer = null;
  }

  /** Null for what does not fit, or is too old. */
  #add({ vector, ...entry }: FiledEntry): Held | null {
    const before = this.#held.get(entry.id);
    if (before !== undefined) this.#drop(before);
    const held = holdEntry(entry, this.#names);
    const { entriesMax, bytesMax, answerBytesMax } = this.#limits;
    const bytes = bytesOf(held);
    if (held.untilMs <= this.#now()) return null;
    if (bytes > bytesMax || held.body.length > answerBytesMax) return null;
    this.#held.set(held.id, held);
    this.#scopes.add(held, vector);
    this.#bytes += bytes;
    if (this.#held.size > entriesMax || this.#bytes > bytesMax) this.#makeRoom();
    return held.live ? held : null;
  }

  /** For some more: to find the first, a map passes over all that went before it. */
  #makeRoom(): void {
    const { entriesMax, bytesMax } = this.#limits;
    const [entries, bytes] = [entriesMax, bytesMax].map((most) => most - Math.floor(most / 512));
    for (const oldest of this.#held.values()) {
      if (this.#held.size <= Number(entries) && this.#bytes <= Number(bytes)) return;
      this.#drop(oldest);
    }
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
    this.#file?.entryGone(held.serial);
  }

  #show(held: Held): CacheEntry {
    const known = this.#shown.get(held);
    if (known !== undefined) return known;
    const shown = entryOf(held);
    this.#shown.set(held, shown);
    return shown;
  }

  #sweepOne(): void {
    const next = this.#sweep.next();
    if (next.done === true) this.#sweep = this.#held.values();
    else if (next.value.untilMs <= this.#now()) this.#drop(next.value);
  }

  #filed(held: Held): FiledEntry {
    const { serial, id, owner, learned } = held;
    const [question, answer] = [questionOf(held), answerOf(held)];
    return { serial, id, owner, question, answer, learned, vector: this.#scopes.vectorOf(held) };
  }
}
