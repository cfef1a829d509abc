// What is known of each deployment at the moment: calls under way, how fast it answers, what it
// took in the last minute, and whether its failures have taken it out for a while.

import type { LiveState } from '../../../policy/llm-choose.ts';
import type { FailureClass } from '../../../policy/llm-failure.ts';

const minuteMs = 60_000;
const slots = 12;
/** Share of the newest measurement in the smoothed latency. */
const newest = 0.3;
/** A later success says more than an old failure; these come from the request, not the provider. */
const noFault = new Set<FailureClass>(['bad-request', 'context-window', 'content-policy']);

/** In the last minute. */
export interface Used {
  readonly calls: number;
  readonly tokens: number;
}

export interface CooldownRule {
  readonly failuresMax: number;
  readonly ms: number;
}

interface Entry {
  open: number;
  latencyMs: number | null;
  readonly calls: Sliding;
  readonly tokens: Sliding;
  readonly failures: Sliding;
  coolingUntilMs: number;
  /** Of other instances, in the last minute. */
  elsewhere: Used & { readonly untilMs: number };
  /** How long it was last taken out for. */
  cooledMs: number;
  /** Its time out is over, and one call is there to see whether it is well again. */
  isProbed: boolean;
}

/** Times are the world's monotonic milliseconds: a clock that is set changes nothing here. */
export class LiveStates {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  /** Told of each deployment that is taken out here, for other instances. */
  onCooled: ((id: string, ms: number) => void) | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  read(id: string): LiveState {
    const { open, latencyMs, coolingUntilMs, elsewhere } = this.#entry(id);
    const used = this.used(id);
    if (elsewhere.untilMs <= this.#nowMs()) return { open, latencyMs, coolingUntilMs, ...used };
    const calls = used.calls + elsewhere.calls;
    return { open, latencyMs, coolingUntilMs, calls, tokens: used.tokens + elsewhere.tokens };
  }

  /** By this instance alone. */
  used(id: string): Used {
    const { calls, tokens } = this.#entry(id);
    const now = this.#nowMs();
    return { calls: calls.sum(now), tokens: tokens.sum(now) };
  }

  /** What other instances have used; it counts for so long, unless there is news. */
  usedElsewhere(id: string, used: Used, forMs: number): void {
    this.#entry(id).elsewhere = { ...used, untilMs: this.#nowMs() + forMs };
  }

  /**
   * The first call after a time out is a probe: until it has come to something the others go
   * elsewhere, for no longer than the time out was.
   */
  began(id: string): void {
    const entry = this.#entry(id);
    const now = this.#nowMs();
    entry.open += 1;
    entry.calls.add(now, 1);
    if (entry.coolingUntilMs === 0 || entry.coolingUntilMs > now) return;
    entry.isProbed = true;
    entry.coolingUntilMs = now + entry.cooledMs;
  }

  /** `tokens` as the provider counted them; 0 when it did not. */
  ended(id: string, tokens: number): void {
    const entry = this.#entry(id);
    entry.open = Math.max(0, entry.open - 1);
    if (tokens > 0) entry.tokens.add(this.#nowMs(), tokens);
  }

  succeeded(id: string, firstByteMs: number): void {
    const entry = this.#entry(id);
    const before = entry.latencyMs ?? firstByteMs;
    entry.latencyMs = before * (1 - newest) + firstByteMs * newest;
    entry.failures.clear();
    takeBack(entry);
  }

  /** True when this failure has taken the deployment out. */
  failed(
    id: string,
    errorClass: FailureClass,
    retryAfterMs: number | null,
    rule: CooldownRule,
  ): boolean {
    const entry = this.#entry(id);
    const { isProbed } = entry;
    if (isProbed) takeBack(entry);
    if (noFault.has(errorClass) || rule.failuresMax === 0) return false;
    const now = this.#nowMs();
    entry.failures.add(now, 1);
    // What says when to come back, or that our key is no good there, need not be asked thrice; nor
    // what failed the call that was to see whether it is well.
    const isCertain = retryAfterMs !== null || errorClass === 'auth' || errorClass === 'quota';
    if (!isCertain && !isProbed && entry.failures.sum(now) < rule.failuresMax) return false;
    const ms = Math.max(rule.ms, Math.min(retryAfterMs ?? 0, retryAfterMsMax));
    this.coolFor(id, ms);
    this.onCooled?.(id, ms);
    return true;
  }

  /** Also where another instance has taken it out. */
  coolFor(id: string, ms: number): void {
    const entry = this.#entry(id);
    entry.coolingUntilMs = Math.max(entry.coolingUntilMs, this.#nowMs() + ms);
    entry.cooledMs = Math.max(entry.cooledMs, ms);
  }

  #entry(id: string): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const made: Entry = {
      open: 0,
      latencyMs: null,
      calls: new Sliding(),
      tokens: new Sliding(),
      failures: new Sliding(),
      elsewhere: { calls: 0, tokens: 0, untilMs: 0 },
      coolingUntilMs: 0,
      cooledMs: 0,
      isProbed: false,
    };
    this.#entries.set(id, made);
    return made;
  }
}

function takeBack(entry: Entry): void {
  Object.assign(entry, { isProbed: false, coolingUntilMs: 0, cooledMs: 0 });
}

/** A provider that names a day would be out for a day, whatever it has got better. */
const retryAfterMsMax = 10 * minuteMs;

/** A sum over the last minute, in slots of five seconds. */
class Sliding {
  readonly #sums = new Float64Array(slots);
  readonly #slotAt = new Float64Array(slots).fill(-1);

  add(nowMs: number, amount: number): void {
    const slot = Math.floor(nowMs / (minuteMs / slots));
    const at = slot % slots;
    if (this.#slotAt[at] !== slot) this.#sums[at] = 0;
    this.#slotAt[at] = slot;
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  sum(nowMs: number): number {
    const oldest = Math.floor(nowMs / (minuteMs / slots)) - slots;
    let sum = 0;
    for (let at = 0; at < slots; at += 1) {
      if ((this.#slotAt[at] ?? -1) > oldest) sum += this.#sums[at] ?? 0;
    }
    return sum;
  }

  clear(): void {
    this.#sums.fill(0);
  }
}
