// Reads and changes the file of virtual keys on behalf of the command line.

import { ClincherError } from '../../kit/error.ts';
import { systemWorld } from '../../kit/world.ts';
import { KeyAdmin, KeyFault } from '../../roles/llm/keys/key-admin.ts';
import { KeyBook } from '../../roles/llm/keys/key-book.ts';
import { type KeyChanges, readChanges } from '../../roles/llm/keys/key-change.ts';
import { keyJson } from '../../roles/llm/keys/key-json.ts';
import type { KeyRecord } from '../../roles/llm/keys/key-record.ts';
import { SpendBook } from '../../roles/llm/spend/spend-query.ts';
import type { StackFlags } from '../flags.ts';
import { ledgerDirOf } from '../spend/read-spend.ts';

export interface KeyFlags extends StackFlags {
  readonly ledger?: string;
  readonly json?: boolean;
}

export interface KeyTermFlags extends KeyFlags {
  readonly alias?: string;
  readonly caller?: string;
  readonly model?: readonly string[];
  readonly budget?: number;
  readonly per?: string;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly parallel?: number;
  readonly expires?: string;
}

export type ShownKey = ReturnType<typeof keyJson>;
export type KeyActionName = 'block' | 'unblock' | 'regenerate' | 'delete';

/** @throws ClincherError `ledger-missing` */
export function listKeys(flags: KeyFlags): readonly ShownKey[] {
  const dir = ledgerDirOf(flags);
  return withAdmin(flags, (admin) => admin.all().map((key) => shown(dir, key)));
}

/** @throws ClincherError `ledger-missing`, `usage` */
export function generateKey(flags: KeyTermFlags): { json: ShownKey; value: string } {
  return withAdmin(flags, (admin) => {
    const { record, value } = admin.generate(changesOf(flags));
    return { json: keyJson(record, 0), value };
  });
}

/** @throws ClincherError `ledger-missing`, `usage` */
export function updateKey(which: string, flags: KeyTermFlags): ShownKey {
  const dir = ledgerDirOf(flags);
  return withAdmin(flags, (admin) => shown(dir, admin.update(which, changesOf(flags))));
}

/** @throws ClincherError `ledger-missing`, `usage` */
export function changeKey(
  action: KeyActionName,
  which: string,
  flags: KeyFlags,
): { json: ShownKey; value: string | null } {
  const dir = ledgerDirOf(flags);
  return withAdmin(flags, (admin) => {
    if (action === 'regenerate') {
      const { record, value } = admin.regenerate(which, {});
      return { json: shown(dir, record), value };
    }
    const key = action === 'delete' ? admin.delete(which) : admin.block(which, action === 'block');
    return { json: shown(dir, key), value: null };
  });
}

function withAdmin<T>(flags: KeyFlags, work: (admin: KeyAdmin) => T): T {
  using book = openBook(ledgerDirOf(flags));
  try {
    return work(new KeyAdmin(book, systemWorld()));
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    throw new ClincherError('usage', error.message, { fix: 'Try: clincher keys list' });
  }
}

function openBook(dir: string): KeyBook {
  try {
    return new KeyBook(dir);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClincherError('ledger-missing', `there are no keys to be read in ${dir}: ${why}`, {
      fix: 'Run `clincher up` once, name the configuration with --config, or the folder with --ledger.',
      cause,
    });
  }
}

function changesOf(flags: KeyTermFlags): KeyChanges {
  const asked = {
    key_alias: flags.alias,
    caller: flags.caller,
    models: flags.model,
    max_budget: flags.budget,
    budget_duration: flags.per,
    rpm_limit: flags.rpm,
    tpm_limit: flags.tpm,
    max_parallel_requests: flags.parallel,
    duration: flags.expires,
  };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  const changes = readChanges(Object.fromEntries(given));
  if (!('fault' in changes)) return changes;
  throw new ClincherError('usage', changes.fault, { fix: 'Try: clincher keys generate --help' });
}

/** Without a ledger nothing was spent. */
function shown(dir: string, key: KeyRecord): ShownKey {
  try {
    using book = new SpendBook(dir);
    const all = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, key: key.name };
    return keyJson(key, book.total(all).spentNanoUsd);
  } catch {
    return keyJson(key, 0);
  }
}
