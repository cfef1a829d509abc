// Asks the ledger what a command line asks for. It is read beside the process that writes it, so
// this works whether anything runs or not.

import { join, resolve } from 'node:path';
import { ClincherError } from '../../kit/error.ts';
import {
  SpendBook,
  type SpendCall,
  type SpendGroup,
  type SpendSum,
} from '../../roles/llm/spend/spend-query.ts';
import { readSince } from '../egress/filter.ts';
import { readEnvironment } from '../env.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';

export interface SpendFlags extends StackFlags {
  readonly ledger?: string;
  readonly by?: SpendGroup;
  readonly calls?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly key?: string;
  readonly session?: string;
  readonly id?: string;
  readonly chart?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export interface Spend {
  readonly from: string;
  readonly until: string;
  readonly by: SpendGroup;
  readonly total: SpendSum;
  /** Reserved for calls that are being made. */
  readonly underWayNanoUsd: number;
  readonly groups: readonly (SpendSum & { readonly name: string })[];
  /** Null where they were not asked for. */
  readonly calls: readonly SpendCall[] | null;
}

const groupsMax = 1_000;
const callsMax = 1_000;
const dayMs = 86_400_000;

/** @throws ClincherError `usage`, `ledger-missing` */
export function readSpend(flags: SpendFlags, nowMs: number): Spend {
  const { by = 'model', key, session, id, since, until } = flags;
  const fromMs = since === undefined ? Math.floor(nowMs / dayMs) * dayMs : readSince(since, nowMs);
  // A reservation of this very moment is part of it.
  const untilMs = until === undefined ? nowMs + 1 : readSince(until, nowMs);
  const filter = { fromMs, untilMs, key, session, requestId: id };
  using book = openBook(ledgerDirOf(flags));
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    by,
    total: book.total(filter),
    underWayNanoUsd: book.underWayNanoUsd(),
    groups: book.by(by, filter, groupsMax),
    calls: flags.calls === true ? book.calls(filter, callsMax) : null,
  };
}

/** Where llm keeps its state, on the host. */
export function ledgerDirOf(flags: StackFlags & { readonly ledger?: string }): string {
  if (flags.ledger !== undefined) return resolve(readEnvironment().cwd, flags.ledger);
  return join(stateDirOf(flags), 'services', 'llm', 'state');
}

function openBook(dir: string): SpendBook {
  try {
    return new SpendBook(dir);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClincherError('ledger-missing', `the ledger cannot be read: ${why}`, {
      fix: 'Name the configuration with --config, or the folder of llm with --ledger.',
      cause,
    });
  }
}
