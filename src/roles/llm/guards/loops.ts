// The same request again and again: an agent that runs in a circle asks it without end, a person
// never does.

import { createHash } from 'node:crypto';
import { type ModelRequest, memberOf } from '../../../policy/llm-request.ts';
import type { GuardSettings } from './settings.ts';

/** Of the conversation's end; together with its length that is enough to tell two apart. */
const tailBytes = 16 * 1024;
/** Requests that are remembered; the one seen longest ago is forgotten first. */
const entriesMax = 20_000;

export class Loops {
  readonly #settings: GuardSettings['loops'];
  readonly #seen = new Map<string, { sinceMs: number; count: number }>();

  constructor(settings: GuardSettings['loops']) {
    this.#settings = settings;
  }

  /** How often it was asked by now where that is a loop; null where it is not. */
  seen(name: string, nowMs: number): number | null {
    const { repeats, withinMs } = this.#settings;
    if (repeats === 0) return null;
    const before = this.#seen.get(name);
    const isFresh = before === undefined || nowMs - before.sinceMs >= withinMs;
    const entry = isFresh ? { sinceMs: nowMs, count: 0 } : before;
    entry.count += 1;
    this.#seen.delete(name);
    this.#seen.set(name, entry);
    if (this.#seen.size > entriesMax) {
      const [oldest] = this.#seen.keys();
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return entry.count > repeats ? entry.count : null;
  }
}

/** What makes two requests the same: who asks which model, and what the conversation comes to. */
export function requestName(key: string, request: ModelRequest, body: Buffer): string {
  const { scan, model, api } = request;
  const said = ['messages', 'input', 'prompt'].flatMap((name) => memberOf(scan, name) ?? [])[0];
  const [start, end] = said === undefined ? [0, body.length] : [said.valueStart, said.valueEnd];
  return createHash('sha256')
    .update(`${key}\0${api}\0${model}\0${end - start}\0`)
    .update(body.subarray(Math.max(start, end - tailBytes), end))
    .digest('base64url');
}
