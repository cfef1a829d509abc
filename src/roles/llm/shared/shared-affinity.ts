// Which deployment has a conversation or keeps a response, known to every instance: one asks here
// for what it does not know itself. While Redis is gone, each knows what it has answered itself.

import type { Elsewhere } from '../routing/affinity.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';

const getScript = `return { redis.call('GET', KEYS[1]) }`;
const setScript = `redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {}`;

export class SharedAffinity implements Elsewhere {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #keptMs: number;

  constructor(link: RedisLink, { prefix }: RedisSettings, keptMs: number) {
    this.#link = link;
    this.#prefix = `{${prefix}}:affinity:`;
    this.#keptMs = keptMs;
  }

  async get(name: string): Promise<string | null> {
    try {
      const [found] = await this.#link.run(getScript, [`${this.#prefix}${name}`], []);
      return typeof found === 'string' ? found : null;
    } catch {
      return null;
    }
  }

  set(name: string, deployment: string): void {
    const args = [deployment, String(this.#keptMs)];
    this.#link.run(setScript, [`${this.#prefix}${name}`], args).catch(() => {});
  }
}
