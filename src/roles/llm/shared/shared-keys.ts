// Virtual keys that are made, changed, blocked or deleted while it runs, at all instances: twice a
// second each tells what was changed here and hears what was changed elsewhere, and writes that
// down. So with Redis gone each goes on with what it knows, and nothing that was blocked is free.

import type { World } from '../../../kit/world.ts';
import { type KeyBook, keysMax } from '../keys/key-book.ts';
import { isSameKey, type KnownKey, merged, readKey } from '../keys/key-merge.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisSettings } from './settings.ts';

const lookMs = 500;
/** Of either kind in one look; the rest comes with the next. */
const keysPerLook = 200;

/**
 * KEYS: what is known of each key, the order in which that was told, and of which Redis the order
 * is. ARGV: the Redis and the place in its order that the instance knows, a name for this Redis if
 * it has none, how many to answer with, and pairs of a key and what is told of it. Answers the
 * name, and three for each key that was told after the place: its own, its place, what is known.
 */
const script = `
local epoch = redis.call('HGET', KEYS[3], 'epoch')
if not epoch then
  epoch = ARGV[3]
  redis.call('HSET', KEYS[3], 'epoch', epoch)
end
local after = epoch == ARGV[1] and ARGV[2] or '0'
for at = 5, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  redis.call('ZADD', KEYS[2], redis.call('HINCRBY', KEYS[3], 'place', 1), ARGV[at])
end
local answer = { epoch }
local told = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[4])
for at = 1, #told, 2 do
  answer[#answer + 1] = told[at]
  answer[#answer + 1] = told[at + 1]
  answer[#answer + 1] = redis.call('HGET', KEYS[1], told[at])
end
return answer
`;

export class SharedKeys implements Disposable {
  readonly #link: RedisLink;
  readonly #keys: readonly string[];
  readonly #bookOf: () => KeyBook | null;
  readonly #world: World;
  readonly #timer: NodeJS.Timeout;
  /** Names of what is not told yet. */
  readonly #untold = new Set<string>();
  #row = 0;
  #epoch = '';
  #place = '0';
  #looking = false;

  constructor(
    link: RedisLink,
    { prefix }: RedisSettings,
    bookOf: () => KeyBook | null,
    world: World,
  ) {
    this.#link = link;
    this.#keys = ['keys', 'keys-order', 'keys-of'].map((name) => `{${prefix}}:${name}`);
    this.#bookOf = bookOf;
    this.#world = world;
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const book = this.#bookOf();
    if (this.#looking || book === null) return;
    this.#looking = true;
    try {
      await this.#exchange(book);
    } catch {
      // What was not told stays untold; whether Redis is there, the link says.
    } finally {
      this.#looking = false;
    }
  }

  async #exchange(book: KeyBook): Promise<void> {
    book.refresh();
    const { names, row } = book.changedSince(this.#row);
    this.#row = row;
    for (const name of names) this.#untold.add(name);
    const telling = [...this.#untold].slice(0, keysPerLook);
    const pairs = telling.flatMap((name) => [name, JSON.stringify(book.known(name))]);
    const head = [this.#epoch, this.#place, this.#world.randomId(), String(keysPerLook)];
    const [epoch, ...told] = await this.#link.run(script, this.#keys, [...head, ...pairs]);
    for (const name of telling) this.#untold.delete(name);
    // Another Redis, or one that has forgotten, is told all.
    if (epoch !== this.#epoch) for (const name of book.names()) this.#untold.add(name);
    this.#epoch = String(epoch);
    this.#take(book, told);
  }

  #take(book: KeyBook, told: readonly unknown[]): void {
    const taken: KnownKey[] = [];
    let room = keysMax - book.names().length;
    for (let at = 0; at + 2 < told.length; at += 3) {
      this.#place = String(told[at + 1]);
      const other = readKey(told[at + 2]);
      if (other === null || other.record.name !== told[at]) continue;
      // As others read it, or the two would differ for ever in what nobody else can see.
      const own = readKey(JSON.stringify(book.known(other.record.name)));
      if (own === null && room-- <= 0) continue;
      const both = own === null ? other : merged(own, other);
      if (own === null || !isSameKey(both, own)) taken.push(both);
      if (!isSameKey(both, other)) this.#untold.add(other.record.name);
    }
    book.take(taken, this.#world.now());
  }
}
