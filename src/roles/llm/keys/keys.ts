// Which virtual key a request came with: those that are declared, their values in secret files, and
// those that were made while it runs, known by their digests.

import { timingSafeEqual } from 'node:crypto';
import type { World } from '../../../kit/world.ts';
import { keyOf, type SecretFiles } from '../credentials.ts';
import { type BudgetRule, declaredRules, type Rules } from '../money/rules.ts';
import type { MoneySettings } from '../money/settings.ts';
import { digestOf, KeyBook } from './key-book.ts';
import { rulesOf } from './key-record.ts';

export interface FoundKey {
  /** What the ledger, the record and the metrics know it by. */
  readonly name: string;
  /** Null: every model. */
  readonly models: readonly string[] | null;
}

export type KeyLookup =
  | { readonly found: FoundKey }
  | { readonly refused: 'key-unknown' | 'key-blocked' | 'key-expired' };

/** What another process changed is taken in after this at the latest. */
const refreshMs = 1_000;

export class Keys implements Disposable {
  readonly #settings: Pick<MoneySettings, 'keys' | 'budgets' | 'rates' | 'masterKey'>;
  readonly #secrets: SecretFiles;
  readonly #world: World;
  readonly #declared: Rules;
  readonly #stateDir: string;
  readonly #rules = new Map<string, { of: unknown; rules: Rules }>();
  #book: KeyBook | null = null;
  #freshMs = Number.NEGATIVE_INFINITY;

  constructor(
    settings: Pick<MoneySettings, 'keys' | 'budgets' | 'rates' | 'masterKey'>,
    stateDir: string,
    secrets: SecretFiles,
    world: World,
  ) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#world = world;
    this.#stateDir = stateDir;
    this.#declared = declaredRules(settings);
  }

  find(caller: string, presented: string): KeyLookup {
    const { keys } = this.#settings;
    const name = keyOf(keys, this.#secrets, caller, presented);
    const declared = keys.find((one) => one.name === name);
    if (declared !== undefined) return { found: declared };
    const record = this.book()?.byDigest(digestOf(presented)) ?? null;
    if (record === null || (record.caller !== null && record.caller !== caller)) {
      return { refused: 'key-unknown' };
    }
    if (record.blocked) return { refused: 'key-blocked' };
    const { expiresAtMs } = record;
    if (expiresAtMs !== null && expiresAtMs <= this.#world.now()) {
      return { refused: 'key-expired' };
    }
    return { found: { name: record.name, models: record.models } };
  }

  /** Those declared, and what the key brings along. */
  rules(key: string): Rules {
    const record = this.book()?.byName(key) ?? null;
    if (record === null) return this.#declared;
    const known = this.#rules.get(key);
    if (known?.of === record) return known.rules;
    const own = rulesOf(record);
    const rules = {
      budgets: [...this.#declared.budgets, ...own.budgets],
      rates: [...this.#declared.rates, ...own.rates],
    };
    this.#rules.set(key, { of: record, rules });
    return rules;
  }

  /** Those of every key there is, too. */
  allBudgets(): readonly BudgetRule[] {
    const own =
      this.book()
        ?.all()
        .flatMap((key) => rulesOf(key).budgets) ?? [];
    return [...this.#declared.budgets, ...own];
  }

  get declaredRules(): Rules {
    return this.#declared;
  }

  isMaster(presented: string): boolean {
    const { masterKey } = this.#settings;
    const value = masterKey === null ? null : this.#secrets.get(masterKey);
    if (value === null) return false;
    const digests = [presented, value.reveal()].map((text) => Buffer.from(digestOf(text)));
    const [given = Buffer.alloc(0), right = Buffer.alloc(1)] = digests;
    return given.length === right.length && timingSafeEqual(given, right);
  }

  /** Null where it cannot be opened: then only declared keys are known. */
  book(): KeyBook | null {
    const nowMs = this.#world.monotonicMs();
    if (nowMs - this.#freshMs < refreshMs) return this.#book;
    this.#freshMs = nowMs;
    try {
      this.#book ??= new KeyBook(this.#stateDir);
      this.#book.refresh();
    } catch {
      this.#close();
    }
    return this.#book;
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#freshMs = Number.POSITIVE_INFINITY;
  }

  #close(): void {
    this.#book?.[Symbol.dispose]();
    this.#book = null;
  }
}
