// Dialects without events for the borders of parts: a part opens with its first piece and closes
// when another begins.

import type { StreamEvent } from './conversation.ts';

export class OpenPart {
  #key: string | null = null;
  readonly #closed = new Set<string>();
  #called = false;

  /** Whether any part was a call. */
  get called(): boolean {
    return this.#called;
  }

  /**
   * Events that make the part named `key` the open one; none when it is already. Calls are named
   * one by one, and none can be gone on with after another began: such a stream is an error.
   */
  open(key: string, make: () => Extract<StreamEvent, { kind: 'open' }>['part']): StreamEvent[] {
    if (this.#key === key) return [];
    const events = this.close();
    if (key.startsWith('call')) {
      this.#called = true;
      if (this.#closed.has(key)) {
        const message = 'The provider went back to a tool call that it had left.';
        return [...events, { kind: 'error', type: 'api_error', message }];
      }
      this.#closed.add(key);
    }
    this.#key = key;
    return [...events, { kind: 'open', part: make() }];
  }

  close(): StreamEvent[] {
    if (this.#key === null) return [];
    this.#key = null;
    return [{ kind: 'close' }];
  }
}
