// What can be done with virtual keys, for the endpoints and the command line alike. A value is
// given out once, when it is made; afterwards there is only its digest.

import type { World } from '../../../kit/world.ts';
import { digestOf, type KeyBook, keysMax } from './key-book.ts';
import { applied, type KeyChanges } from './key-change.ts';
import { stamped } from './key-merge.ts';
import type { KeyRecord } from './key-record.ts';

/** What was asked for cannot be: said to whoever asked. */
export class KeyFault extends Error {
  readonly status: 400 | 404 | 409;

  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

export interface MadeKey {
  readonly record: KeyRecord;
  readonly value: string;
}

export class KeyAdmin {
  readonly #book: KeyBook;
  readonly #world: World;

  constructor(book: KeyBook, world: World) {
    this.#book = book;
    this.#world = world;
  }

  /** @throws KeyFault */
  generate(asked: KeyChanges): MadeKey {
    if (this.#book.all().length >= keysMax) {
      throw new KeyFault(409, `there are ${keysMax} keys already; delete some`);
    }
    this.#refuseAlias(asked.key_alias ?? null, null);
    const nowMs = this.#world.now();
    const { value, digest, hint } = this.#newValue();
    const bare: KeyRecord = {
      ...{ name: `key-${digest.slice(0, 12)}`, digest, hint, alias: null, caller: null },
      ...{ models: null, budgets: [], requestsPerMinute: null, tokensPerMinute: null },
      ...{ parallel: null, metadata: {}, blocked: false, createdAtMs: nowMs, updatedAtMs: nowMs },
      expiresAtMs: null,
    };
    const record = stamped(bare, applied(bare, asked, nowMs), 'value');
    this.#book.change('generate', record, nowMs);
    return { record, value };
  }

  /** @throws KeyFault */
  update(which: string, asked: KeyChanges): KeyRecord {
    const key = this.find(which);
    if (asked.key_alias !== undefined) this.#refuseAlias(asked.key_alias, key.name);
    return this.#change('update', stamped(key, applied(key, asked, this.#world.now())));
  }

  /** @throws KeyFault */
  block(which: string, blocked: boolean): KeyRecord {
    const key = this.find(which);
    const record = stamped(key, { ...key, blocked }, 'blocked');
    return this.#change(blocked ? 'block' : 'unblock', record);
  }

  /** The value changes, the name and all that was spent under it stay. @throws KeyFault */
  regenerate(which: string, asked: KeyChanges): MadeKey {
    const key = this.find(which);
    if (asked.key_alias !== undefined) this.#refuseAlias(asked.key_alias, key.name);
    const { value, digest, hint } = this.#newValue();
    const changed = { ...applied(key, asked, this.#world.now()), digest, hint };
    return { record: this.#change('regenerate', stamped(key, changed)), value };
  }

  /** @throws KeyFault */
  delete(which: string): KeyRecord {
    return this.#change('delete', this.find(which));
  }

  /** By its value, its digest, its name or its alias. @throws KeyFault */
  find(which: string): KeyRecord {
    this.#book.refresh();
    const found =
      this.#book.byDigest(digestOf(which)) ??
      this.#book.byDigest(which) ??
      this.#book.byName(which) ??
      this.#book.all().find(({ alias }) => alias === which);
    if (found === undefined) throw new KeyFault(404, 'there is no such key');
    return found;
  }

  all(): readonly KeyRecord[] {
    this.#book.refresh();
    return this.#book.all();
  }

  #change(action: 'update' | 'block' | 'unblock' | 'regenerate' | 'delete', key: KeyRecord) {
    const nowMs = this.#world.now();
    const record = { ...key, updatedAtMs: nowMs };
    this.#book.change(action, record, nowMs);
    return record;
  }

  #refuseAlias(alias: string | null, ownName: string | null): void {
    const taken = this.all().find((one) => one.alias === alias && one.name !== ownName);
    if (alias !== null && taken !== undefined) {
      throw new KeyFault(400, `the alias ${JSON.stringify(alias)} is that of another key`);
    }
  }

  #newValue(): { readonly value: string; readonly digest: string; readonly hint: string } {
    const value = `sk-${this.#world.randomBytes(32).toString('base64url')}`;
    return { value, digest: digestOf(value), hint: `sk-...${value.slice(-4)}` };
  }
}
