// What was read out of the daemon's last answers about containers, for answers that are the same to
// the byte: they mean the same, so nothing is remembered that could have come to be otherwise.

/** One answer: what it says, and what the caller is told in its place once that was made. */
export interface Read {
  readonly body: Buffer;
  readonly value: unknown;
  shaped: Buffer | null;
}

/** Answers that are kept of a caller, and bytes of each. */
const keptMax = 64;
const keptBytesMax = 65_536;

export class KnownInspects {
  readonly #kept = new Map<string, Read>();

  /** `path` only finds the answer to compare with; `read` makes the value of another. */
  of(path: string, body: Buffer, read: (body: Buffer) => unknown): Read {
    const kept = this.#kept.get(path);
    if (kept?.body.equals(body) === true) return kept;
    const fresh: Read = { body, value: read(body), shaped: null };
    if (body.length <= keptBytesMax) this.#keep(path, fresh);
    return fresh;
  }

  #keep(path: string, fresh: Read): void {
    if (this.#kept.size >= keptMax && !this.#kept.has(path)) this.#kept.clear();
    this.#kept.set(path, fresh);
  }
}
