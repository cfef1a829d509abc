// What one instance has learned of a deployment's failures, the others need not learn again, and
// limits of a deployment are for all of them: twice a second each tells its new cooldowns and what
// it used, and hears of all, in one round trip. Never on the way of a call; while Redis is gone,
// each instance knows what it has seen itself.

import type { LiveStates } from '../routing/live.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';

const lookMs = 500;
/** What others told counts for so long: a little more than a few looks take. */
const freshMs = 3_000;

/**
 * KEYS: for each deployment one of its cooldown and one of its use. ARGV: the instance, for how
 * long a use is news, then for each deployment: for how many milliseconds it was taken out here (0
 * where it was not), calls and tokens of the last minute. Answers for each how long is left, and
 * what the others used. Times are Redis's own: clocks of two machines differ.
 */
const script = `
local instance, fresh = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i = 1, #KEYS, 2 do
  local at = 3 + (i - 1) / 2 * 3
  local ms, left = tonumber(ARGV[at]), redis.call('PTTL', KEYS[i])
  if ms > 0 and ms > left then
    redis.call('SET', KEYS[i], '1', 'PX', ms)
    left = ms
  end
  redis.call('HSET', KEYS[i + 1], instance, ARGV[at + 1] .. ' ' .. ARGV[at + 2] .. ' ' .. now)
  redis.call('PEXPIRE', KEYS[i + 1], 60000)
  local calls, tokens = 0, 0
  local told = redis.call('HGETALL', KEYS[i + 1])
  for f = 1, #told, 2 do
    local c, t, said = string.match(told[f + 1], '^(%d+) (%d+) (%d+)$')
    if told[f] ~= instance and now - said < fresh then
      calls, tokens = calls + c, tokens + t
    end
  end
  answer[#answer + 1] = left
  answer[#answer + 1] = calls
  answer[#answer + 1] = tokens
end
return answer
`;

export class SharedDeployments implements Disposable {
  readonly #link: RedisLink;
  readonly #ids: readonly string[];
  readonly #live: LiveStates;
  readonly #prefix: string;
  readonly #instance: string;
  readonly #timer: NodeJS.Timeout;
  /** Not told yet. */
  readonly #cooled = new Map<string, number>();
  #asking = false;

  constructor(
    link: RedisLink,
    { prefix, instance }: RedisSettings,
    ids: readonly string[],
    live: LiveStates,
  ) {
    this.#link = link;
    this.#ids = ids;
    this.#live = live;
    this.#prefix = `{${prefix}}:`;
    this.#instance = instance;
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
      const keys = this.#ids.flatMap((id) => [
        `${this.#prefix}cooldown:${id}`,
        `${this.#prefix}use:${id}`,
      ]);
      const args = this.#ids.flatMap((id) => {
        const { calls, tokens } = this.#live.used(id);
        return [told.get(id) ?? 0, calls, tokens].map(String);
      });
      const answer = await this.#link.run(script, keys, [this.#instance, String(freshMs), ...args]);
      for (const [at, id] of this.#ids.entries()) {
        const [left = 0, calls = 0, tokens = 0] = answer.slice(at * 3, at * 3 + 3).map(Number);
        if (left > 0 && !told.has(id)) this.#live.coolFor(id, left);
        this.#live.usedElsewhere(id, { calls, tokens }, freshMs);
      }
    } catch {
      // What could not be told is over soon; whether Redis is there, the link says.
    } finally {
      this.#asking = false;
    }
  }
}
