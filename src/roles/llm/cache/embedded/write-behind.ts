// What changed goes to the file a moment later, many changes at once; nobody waits for it. A killed
// process loses that moment. A file that cannot be read is set aside, one that cannot be
// written is tried again: the store goes on in memory.

import { renameSync, rmSync } from 'node:fs';
import type { Log } from '../../../../telemetry/log.ts';
import { AnswerFile, OtherVersion } from './answer-file.ts';
import type { FiledEntry } from './filed-entry.ts';
import type { Held } from './held.ts';

const writeMs = 200;
/** After a write that failed. */
const againMs = 5_000;
/** In one transaction: between two of them others have their turn. */
const changesPerWrite = 128;
/** SQLite's for a file that is damaged, and for one that is no database. */
const unreadable: readonly unknown[] = [11, 26];

export interface FileSettings {
  readonly path: string;
  readonly bytesMax: number;
  /** Changes that may wait for a file that cannot be written; above it, the file is given up. */
  readonly waitingMax: number;
  /** Whose vectors are in it. */
  readonly embedding: string;
}

/** What is to be written, as it is when it is. */
export interface Source {
  entry(held: Held): FiledEntry;
  learned(owner: string): Buffer | null;
  held(): Iterable<Held>;
  owners(): Iterable<string>;
}

export class WriteBehind implements Disposable {
  readonly #settings: FileSettings;
  readonly #source: Source;
  readonly #log: Log;
  /** By their serials; null for what is there no more. */
  readonly #entries = new Map<number, Held | null>();
  readonly #learned = new Set<string>();
  #file: AnswerFile | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #fault: string | null = null;
  #faults = 0;

  constructor(settings: FileSettings, source: Source, log: Log) {
    this.#settings = settings;
    this.#source = source;
    this.#log = log;
    this.#try(() => this.#open());
  }

  /** Why what changes is not written; null when it is. */
  get fault(): string | null {
    return this.#fault;
  }

  get faults(): number {
    return this.#faults;
  }

  /** 0 where there is none. */
  lastSerial(): number {
    return this.#try(() => this.#file?.lastSerial()) ?? 0;
  }

  entryChanged(held: Held): void {
    this.#entries.set(held.serial, held);
    this.#writeIn(writeMs);
  }

  entryGone(serial: number): void {
    this.#entries.set(serial, null);
    this.#writeIn(writeMs);
  }

  learnedChanged(owner: string): void {
    this.#learned.add(owner);
    this.#writeIn(writeMs);
  }

  /** What the file has, the oldest first, some at a time. Ends early where it cannot be read. */
  *read(): Generator<readonly (readonly [serial: number, FiledEntry | null])[]> {
    const pages = this.#file?.pages();
    for (;;) {
      const page = this.#try(() => pages?.next());
      if (page === undefined || page.done === true) return;
      yield page.value;
    }
  }

  readLearned(): readonly (readonly [owner: string, observations: Buffer])[] {
    return this.#try(() => [...(this.#file?.learned() ?? [])]) ?? [];
  }

  /** Everything that waits, now; what a file has that was not read waits to be removed. */
  flush(): void {
    if (this.#isClosed) return;
    const waits = () => this.#file === null || this.#entries.size + this.#learned.size > 0;
    while (waits() && this.#writeSome()) {}
  }

  clear(): void {
    this.#entries.clear();
    this.#learned.clear();
    this.#try(() => this.#file?.clear());
  }

  [Symbol.dispose](): void {
    this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isClosed = true;
    this.#file?.[Symbol.dispose]();
    this.#file = null;
  }

  #writeIn(ms: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const written = this.#writeSome();
      if (this.#entries.size + this.#learned.size > 0) this.#writeIn(written ? 0 : againMs);
    }, ms).unref();
  }

  #writeSome(): boolean {
    const entries = some(this.#entries);
    const owners = some(this.#learned);
    const written = this.#try(() => {
      this.#file ?? this.#openLate();
      this.#file?.write({
        entries: new Map(
          entries.map(([serial, held]) => [serial, held && this.#source.entry(held)]),
        ),
        learned: new Map(
          owners.flatMap((owner) => {
            const observations = this.#source.learned(owner);
            return observations === null ? [] : [[owner, observations] as const];
          }),
        ),
      });
      return true;
    });
    if (written === undefined) {
      this.#giveUpLate();
      return false;
    }
    this.#fault = null;
    for (const [serial] of entries) this.#entries.delete(serial);
    for (const owner of owners) this.#learned.delete(owner);
    return true;
  }

  /** Undefined where it failed, which is said once, until it goes well again. */
  #try<Result>(act: () => Result): Result | undefined {
    try {
      return act();
    } catch (error) {
      this.#faults += 1;
      const why = error instanceof Error ? error.message : String(error);
      const isUnreadable =
        error instanceof OtherVersion ||
        unreadable.includes((error as { errcode?: number }).errcode);
      if (isUnreadable) this.#setAside(why);
      else if (this.#fault === null) this.#log.warn('cache-file-unavailable', { error: why });
      this.#fault = `${this.#settings.path} cannot be written: ${why}`;
      return undefined;
    }
  }

  #setAside(why: string): void {
    const { path } = this.#settings;
    this.#log.warn('cache-file-set-aside', { file: `${path}.broken`, error: why });
    this.#close();
    try {
      renameSync(path, `${path}.broken`);
    } catch {
      // It cannot be moved, so it cannot be replaced: the next write says why.
    }
    this.#forgetFile();
  }

  /** What waits has a bound: all of it is written anew once there is a file that can be. */
  #giveUpLate(): void {
    if (this.#entries.size < this.#settings.waitingMax) return;
    this.#close();
    this.#forgetFile();
  }

  #close(): void {
    try {
      this.#file?.[Symbol.dispose]();
    } catch {
      // A file that is broken may not close cleanly either.
    }
    this.#file = null;
  }

  #forgetFile(): void {
    const { path } = this.#settings;
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    this.#entries.clear();
    this.#learned.clear();
    for (const held of this.#source.held()) this.#entries.set(held.serial, held);
    for (const owner of this.#source.owners()) this.#learned.add(owner);
    if (this.#entries.size + this.#learned.size > 0) this.#writeIn(againMs);
  }

  /** What it has was not read: it is older than what was answered, or deleted, since. */
  #openLate(): void {
    this.#open();
    this.#file?.clear();
  }

  #open(): void {
    const { path, bytesMax, embedding } = this.#settings;
    this.#file = new AnswerFile(path, bytesMax, embedding);
  }
}

function some<Item>(waiting: Iterable<Item>): Item[] {
  const taken: Item[] = [];
  for (const one of waiting) if (taken.push(one) >= changesPerWrite) break;
  return taken;
}
