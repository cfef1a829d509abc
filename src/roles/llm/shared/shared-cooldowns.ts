// What one instance has learned of a deployment's failures, the others need not learn again: twice
// a second each tells its new cooldowns and hears of all, in one round trip. Never on the way of a
// call; while Redis is gone, each instance knows what it has seen itself.

import type { LiveStates } from '../routing/live.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';

const lookMs = 500;

/**
 * KEYS: one for each deployment. ARGV: for how many milliseconds each was taken out here, 0 where
 * it was not. Answers with how long is left of each: clocks of two machines differ.
 */
const script = `
local left = {}
for i = 1, #KEYS do
  local ms, known = tonumber(ARGV[i]), redis.call('PTTL', KEYS[i])
  if ms > 0 and ms > known then
    redis.call('SET', KEYS[i], '1', 'PX', ms)
    known = ms
  end
  left[i] = known
end
return left
`;

export class SharedCooldowns implements Disposable {
  readonly #link: RedisLink;
  readonly #ids: readonly string[];
  readonly #live: LiveStates;
  readonly #prefix: string;
  readonly #timer: NodeJS.Timeout;
  /** Not told yet. */
  readonly #cooled = new Map<string, number>();
  #asking = false;

  constructor(
    link: RedisLink,
    { prefix }: RedisSettings,
    ids: readonly string[],
    live: LiveStates,
  ) {
    this.#link = link;
    this.#ids = ids;
    this.#live = live;
    this.#prefix = `{${prefix}}:cooldown:`;
    live.onCooled = (id, ms) => {
      this.#cooled.set(id, Math.max(1, Math.ceil(ms)));
      void this.#ask();
    };
    this.#timer = setInterval(() => void this.#ask(), lookMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#live.onCooled = null;
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.#ids.length === 0) return;
    this.#asking = true;
    const told = new Map(this.#cooled);
    this.#cooled.clear();
    try {
      const keys = this.#ids.map((id) => `${this.#prefix}${id}`);
      const args = this.#ids.map((id) => String(told.get(id) ?? 0));
      const left = await this.#link.run(script, keys, args);
      for (const [at, id] of this.#ids.entries()) {
        const ms = Number(left[at]);
        if (ms > 0 && !told.has(id)) this.#live.coolFor(id, ms);
      }
    } catch {
      // What could not be told is over soon; whether Redis is there, the link says.
    } finally {
      this.#asking = false;
    }
  }
}
