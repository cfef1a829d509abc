// The account of the cache, and the request to empty it. Both are files beside the ledger, so this
// works whether llm runs or not.

import { setTimeout as sleep } from 'node:timers/promises';
import { ClincherError } from '../../kit/error.ts';
import { partOf, type Share, shareOf } from '../../policy/llm-cache/wrong-rate.ts';
import { type CacheAccount, CacheBook } from '../../roles/llm/cache/cache-book.ts';
import type { StackFlags } from '../flags.ts';
import { ledgerDirOf } from '../spend/read-spend.ts';

export interface CacheFlags extends StackFlags {
  readonly ledger?: string;
  readonly json?: boolean;
}

export interface CacheReport extends CacheAccount {
  /** Requests that the cache looked at: all but those left out. */
  readonly lookedAt: number;
  readonly hits: number;
  /** Of the answers for something similar; null while none was checked. */
  readonly wrongOfSimilar: (Share & { readonly checked: number; readonly wrong: number }) | null;
  /** Of all requests that were looked at: what `errorMax` bounds. */
  readonly wrongOfAll: Share | null;
}

/** llm looks every second. */
const clearMs = 5_000;
const pollMs = 100;

/** @throws ClincherError `cache-missing` */
export function readCacheReport(flags: CacheFlags): CacheReport {
  using book = openBook(ledgerDirOf(flags));
  const account = book.account();
  if (account === null) throw missing('no cache has counted anything yet');
  return report(account);
}

export function report(account: CacheAccount): CacheReport {
  const { lookups, checks } = account.stats;
  const { exact, semantic, joined, explore, miss } = lookups;
  const lookedAt = exact + semantic + joined + explore + miss;
  const { right, wrong } = checks.shadow;
  const share = shareOf(wrong, right + wrong);
  return {
    ...account,
    lookedAt,
    hits: exact + semantic + joined,
    wrongOfSimilar: share === null ? null : { ...share, checked: right + wrong, wrong },
    wrongOfAll: share === null || lookedAt === 0 ? null : partOf(share, semantic / lookedAt),
  };
}

/** Resolves to whether it was done; otherwise it is when llm starts. @throws `cache-missing` */
export async function clearCache(flags: CacheFlags, nowMs: number): Promise<boolean> {
  using book = openBook(ledgerDirOf(flags));
  const asked = book.askClear(nowMs);
  for (let waitedMs = 0; waitedMs < clearMs; waitedMs += pollMs) {
    if (book.isCleared(asked)) return true;
    await sleep(pollMs);
  }
  return book.isCleared(asked);
}

function openBook(dir: string): CacheBook {
  try {
    return CacheBook.existing(dir);
  } catch (cause) {
    throw missing(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function missing(what: string, cause?: unknown): ClincherError {
  return new ClincherError('cache-missing', what, {
    fix:
      'Declare a cache (docs/cache.md) and run `clincher up`, name the configuration with --config, ' +
      'or the state folder of llm with --ledger.',
    ...(cause === undefined ? {} : { cause }),
  });
}
